// All keys on one sheet.

import { Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { Kbd } from "../shared/ui";
import type { Command } from "./commands";

type Props = { commands: Command[]; onClose: () => void };

export function KeysSheet({ commands, onClose }: Props) {
  return (
    <Sheet onClose={onClose} title={strings.keys} wide>
      <dl className="grid grid-cols-2 gap-x-8 gap-y-1.5">
        {commands.map((c) => (
          <div key={c.id} className="flex justify-between gap-3 border-b border-line py-1">
            <dt className="text-soft">{strings.commands[c.id]}</dt>
            <dd className="flex items-start gap-1">
              <Kbd keys={c.keys} />
              {c.also && <Kbd keys={c.also} />}
            </dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}
