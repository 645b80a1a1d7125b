// The keys of the window: which press is which command.
import { useEffectEvent, useLayoutEffect } from "react";
import { mac } from "../shared/ui";
import type { Command } from "./commands";

/** Whether a key press is this combination. Plain keys are left to whoever types. */
function hits(e: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts[parts.length - 1] ?? "";
  // On a Mac the control key edits text; the command key commands.
  const mod = mac ? e.metaKey : e.ctrlKey;
  if (mac ? e.ctrlKey : e.metaKey) return false;
  const wants = (m: string) => parts.slice(0, -1).includes(m);
  if (wants("mod") !== mod || wants("alt") !== e.altKey) return false;
  if (!wants("shift") && e.shiftKey && key !== "?" && key !== "/") return false;
  if (wants("shift") && !e.shiftKey) return false;
  if (parts.length === 1 && key !== "Esc") {
    const t = e.target as HTMLElement | null;
    if (t?.closest("input, textarea, [contenteditable=true]")) return false;
  }
  const pressed = e.key === "Escape" ? "Esc" : e.key;
  return pressed.toLowerCase() === key.toLowerCase();
}

/**
 * With `off`, a sheet has the keys. One listener for as long as the window is there, which reads what is newest:
 * attached anew after each drawing, it would for a moment know only what was possible before.
 */
export function useKeys(commands: Command[], off: boolean) {
  const press = useEffectEvent((e: KeyboardEvent) => {
    // The view's own reload would throw the conversation away.
    if (e.key === "F5" || ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "r")) e.preventDefault();
    const by = e.altKey ? { ArrowDown: 1 as const, ArrowUp: -1 as const }[e.key] : undefined;
    const command = commands.find((c) => (by ? c.id === "nextSentence" : hits(e, c.keys)));
    if (!command || (off && !by)) return;
    e.preventDefault();
    e.stopPropagation();
    if (!off && command.able !== false) command.run(by ?? 1);
  });
  useLayoutEffect(() => {
    const listen = (e: KeyboardEvent) => press(e);
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
}
