// What the keyboard does, and the two sheets that say so.
import { useHome } from "../shared/focus";
import { useCommands } from "./commands";
import { useKeys } from "./keys";
import { KeysSheet } from "./keys-sheet";
import { CommandPalette } from "./palette";
import { useOpenSheet, useSheets } from "./sheets";

export function Keyboard() {
  const sheet = useOpenSheet();
  const { close } = useSheets();
  const commands = useCommands();
  useKeys(commands, sheet !== null, useHome());
  if (sheet === "keys") return <KeysSheet commands={commands} onClose={close} />;
  if (sheet === "palette")
    return <CommandPalette commands={commands.filter((c) => c.id !== "palette")} onClose={close} />;
  return null;
}
