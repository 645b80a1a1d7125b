// All that can be done now, found as one types.
import { Command as Palette } from "cmdk";
import { Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { Kbd } from "../shared/ui";
import type { Command } from "./commands";

type Props = { commands: Command[]; onClose: () => void };

export function CommandPalette({ commands, onClose }: Props) {
  return (
    <Sheet onClose={onClose} title={strings.palette}>
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
                  setTimeout(() => c.run(1), 30);
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
