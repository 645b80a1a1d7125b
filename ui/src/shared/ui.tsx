// The few parts that every screen is made of. They know no concept of Mortar.
import type { ButtonHTMLAttributes } from "react";

export const cx = (...parts: (string | false | null | undefined)[]) => parts.filter(Boolean).join(" ");

export const mac = typeof navigator !== "undefined" && navigator.platform.startsWith("Mac");

/** A key as the keyboard has it: `mod` is ⌘ on a Mac and ⌃ elsewhere. */
export function Kbd({ keys }: { keys: string }) {
  const shown = keys
    .replace("mod+", mac ? "⌘" : "⌃")
    .replace("shift+", "⇧")
    .replace("alt+", mac ? "⌥" : "Alt ")
    .replace("enter", "↵")
    .replace("up/down", "↑↓")
    .replace("plus", "+")
    .replace("minus", "−");
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
