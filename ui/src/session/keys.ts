// The keys of the window: which press is which command.
import { useEffectEvent, useLayoutEffect } from "react";
import { type Home, isField } from "../shared/focus";
import { mac } from "../shared/ui";
import type { Command } from "./commands";

/** Keys as the commands name them. */
const NAMES: Record<string, string> = {
  Escape: "Esc",
  ArrowUp: "up/down",
  ArrowDown: "up/down",
  "+": "plus",
  "=": "plus",
  "-": "minus",
  _: "minus",
};

/** On some keyboards they are typed with the shift key. */
const SHIFTED = new Set(["?", "/", "plus", "minus", "0"]);

/** Whether a key press is this combination. Plain keys are left to whoever types. */
function hits(e: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts[parts.length - 1] ?? "";
  // On a Mac the control key edits text; the command key commands.
  const mod = mac ? e.metaKey : e.ctrlKey;
  if (mac ? e.ctrlKey : e.metaKey) return false;
  const wants = (m: string) => parts.slice(0, -1).includes(m);
  if (wants("mod") !== mod || wants("alt") !== e.altKey) return false;
  if (!wants("shift") && e.shiftKey && !SHIFTED.has(key)) return false;
  if (wants("shift") && !e.shiftKey) return false;
  if (parts.length === 1 && key.length === 1 && isField(e.target)) return false;
  const pressed = NAMES[e.key] ?? e.key;
  return pressed.toLowerCase() === key.toLowerCase();
}

/** Whether typing or pasting begins where there is no field for it. A space is a button's own key. */
function begins(e: KeyboardEvent): boolean {
  if (isField(e.target)) return false;
  const { key } = e;
  // With AltGr, letters are typed that look like commands.
  const commands = !e.getModifierState("AltGraph") && (e.ctrlKey || e.metaKey || e.altKey);
  if (commands) return key.toLowerCase() === "v" && (mac ? e.metaKey : e.ctrlKey) && !e.altKey;
  return (key.length === 1 && key !== " ") || key === "Dead";
}

/**
 * With `off`, a sheet has the keys but those that go through. One listener for as long as the window is there, which reads what is newest:
 * attached anew after each drawing, it would for a moment know only what was possible before.
 */
export function useKeys(commands: Command[], off: boolean, home: Home) {
  const press = useEffectEvent((e: KeyboardEvent) => {
    // The view's own reload would throw the conversation away.
    if (e.key === "F5" || ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "r")) e.preventDefault();
    // A key of a word that is being composed is the word's.
    if (e.isComposing) return;
    const command = commands.find((c) => (!off || c.through) && (hits(e, c.keys) || (c.also && hits(e, c.also))));
    if (command) {
      e.preventDefault();
      e.stopPropagation();
      if (command.able !== false) command.run(e.key === "ArrowUp" ? -1 : 1);
    }
    // The field has the focus before the key is typed: not even the first letter is lost.
    else if (!off && begins(e)) home();
  });
  useLayoutEffect(() => {
    const listen = (e: KeyboardEvent) => press(e);
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
}
