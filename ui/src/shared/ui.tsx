// The few parts that every screen is made of. They know no concept of Mortar.
import type { ButtonHTMLAttributes } from "react";

export const cx = (...parts: (string | false | null | undefined)[]) => parts.filter(Boolean).join(" ");

export const mac = typeof navigator !== "undefined" && navigator.platform.startsWith("Mac");

/** A key as the keyboard has it: `mod` is ⌘ on a Mac and ⌃ elsewhere. */
/** `hint`: on a control that says it in `aria-keyshortcuts`, and whose name it is not a part of. */
export function Kbd({ keys, hint }: { keys: string; hint?: boolean }) {
  const shown = keys
    .replace("mod+", mac ? "⌘" : "⌃")
    .replace("shift+", "⇧")
    .replace("alt+", mac ? "⌥" : "Alt ")
    .replace("enter", "↵")
    .replace("up/down", "↑↓")
    .replace("plus", "+")
    .replace("minus", "−");
  return (
    <kbd
      aria-hidden={hint || undefined}
      className="rounded border border-line bg-bg px-1.5 py-0.5 font-sans text-[11px] leading-none text-faint"
    >
      {shown}
    </kbd>
  );
}

/** The same for whoever hears it: as `aria-keyshortcuts` wants it. */
export const shortcut = (keys: string): string =>
  keys.includes("up/down")
    ? `${shortcut(keys.replace("up/down", "ArrowUp"))} ${shortcut(keys.replace("up/down", "ArrowDown"))}`
    : keys
        .replace("mod+", mac ? "Meta+" : "Control+")
        .replace("shift+", "Shift+")
        .replace("alt+", "Alt+")
        .replace("enter", "Enter")
        .replace("Esc", "Escape")
        .replace("plus", "Plus")
        .replace("minus", "-");

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
      aria-keyshortcuts={keys && shortcut(keys)}
      {...rest}
    >
      {children}
      {keys && <Kbd keys={keys} hint />}
    </button>
  );
}
