// Every action has a key, a line in the palette and a line on the sheet: one list makes all three.
import { Command as Palette } from "cmdk";
import { useEffect } from "react";
import { strings } from "../shared/strings";
import { Kbd, mac, Sheet } from "../shared/ui";

export type Command = {
  id: keyof typeof strings.commands;
  /** As Kbd shows it; the first is what the keyboard listens to. */
  keys: string;
  run: () => void;
  /** Now possible; not shown in the palette otherwise. */
  able?: boolean;
};

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

export function useKeys(commands: Command[], off: boolean) {
  useEffect(() => {
    const listen = (e: KeyboardEvent) => {
      // The view's own reload would throw the conversation away.
      if (e.key === "F5" || ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "r")) e.preventDefault();
      if (off) return;
      if (e.altKey && (e.key === "ArrowDown" || e.key === "ArrowUp")) return;
      const command = commands.find((c) => hits(e, c.keys));
      if (!command) return;
      e.preventDefault();
      e.stopPropagation();
      if (command.able !== false) command.run();
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, [commands, off]);
}

export function CommandPalette({ commands, onClose }: { commands: Command[]; onClose: () => void }) {
  return (
    <Sheet open onClose={onClose} title={strings.palette}>
      <Palette label={strings.palette} loop>
        <Palette.Input
          autoFocus
          placeholder={strings.palettePlaceholder}
          className="mb-2 w-full rounded-lg border border-line bg-bg px-3 py-2 outline-none focus:border-accent"
        />
        <Palette.List className="max-h-[46vh] overflow-auto">
          <Palette.Empty className="px-2 py-3 text-faint">{strings.noCommand}</Palette.Empty>
          {commands
            .filter((c) => c.able !== false)
            .map((c) => (
              <Palette.Item
                key={c.id}
                onSelect={() => {
                  onClose();
                  // The sheet gives the focus back first; then the command may take it.
                  setTimeout(c.run, 30);
                }}
                className="flex justify-between rounded-lg px-2 py-1.5 data-[selected=true]:bg-accent-bg data-[selected=true]:text-accent"
              >
                {strings.commands[c.id]}
                <Kbd keys={c.keys} />
              </Palette.Item>
            ))}
        </Palette.List>
      </Palette>
    </Sheet>
  );
}

export function KeysSheet({ commands, onClose }: { commands: Command[]; onClose: () => void }) {
  return (
    <Sheet open onClose={onClose} title={strings.keys} wide>
      <dl className="grid grid-cols-2 gap-x-8 gap-y-1.5">
        {commands.map((c) => (
          <div key={c.id} className="flex justify-between gap-3 border-b border-line py-1">
            <dt className="text-soft">{strings.commands[c.id]}</dt>
            <dd>
              <Kbd keys={c.keys} />
            </dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}
