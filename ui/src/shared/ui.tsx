// The few parts that every screen is made of. They know no concept of Mortar.
import * as Dialog from "@radix-ui/react-dialog";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { strings } from "./strings";

export const cx = (...parts: (string | false | null | undefined)[]) => parts.filter(Boolean).join(" ");

export const mac = typeof navigator !== "undefined" && navigator.platform.startsWith("Mac");

/** A key as the keyboard has it: `mod` is ⌘ on a Mac and ⌃ elsewhere. */
export function Kbd({ keys }: { keys: string }) {
  const shown = keys
    .replace("mod+", mac ? "⌘" : "⌃")
    .replace("shift+", "⇧")
    .replace("alt+", mac ? "⌥" : "Alt ")
    .replace("enter", "↵")
    .replace("up/down", "↑↓");
  return (
    <kbd className="rounded border border-line bg-bg px-1.5 py-0.5 font-sans text-[11px] leading-none text-faint">
      {shown}
    </kbd>
  );
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { primary?: boolean; keys?: string };

export function Button({ primary, keys, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={cx(
        "flex items-center gap-1.5 rounded-lg border px-2.5 py-1 text-[13px] whitespace-nowrap",
        primary
          ? "border-accent bg-accent font-semibold text-on-accent [&_kbd]:border-current [&_kbd]:bg-transparent [&_kbd]:text-on-accent"
          : "border-line bg-panel text-ink hover:border-faint",
        "disabled:opacity-55",
        className,
      )}
      {...rest}
    >
      {children}
      {keys && <Kbd keys={keys} />}
    </button>
  );
}

type SheetProps = { open: boolean; onClose: () => void; title: string; children: ReactNode; wide?: boolean };

/** A dialog in the middle of the window; Esc and a click beside it close it. */
export function Sheet({ open, onClose, title, children, wide }: SheetProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(o) => !o && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-30 bg-black/35" />
        <Dialog.Content
          aria-describedby={undefined}
          className={cx(
            "fixed top-[12vh] left-1/2 z-40 max-h-[76vh] w-[calc(100vw-48px)] -translate-x-1/2 overflow-auto rounded-xl border border-line bg-panel p-5 shadow-xl",
            wide ? "max-w-[720px]" : "max-w-[460px]",
          )}
        >
          <Dialog.Title className="mb-3 pr-8 text-[16px] font-semibold">{title}</Dialog.Title>
          {children}
          {/* Last, so that the first field has the focus. */}
          <Dialog.Close
            className="absolute top-4 right-4 rounded px-1.5 text-soft hover:text-ink"
            aria-label={strings.close}
          >
            ✕
          </Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
