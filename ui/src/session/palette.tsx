// All that can be done and read now, found as one types.
import { Command as Palette } from "cmdk";
import { type ReactNode, useState } from "react";
import { useAsking, useConversation } from "../ask/conversation";
import { useBrowsing } from "../browse/filter";
import { useBest } from "../shared/best";
import { Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { Kbd } from "../shared/ui";
import type { Command } from "./commands";
import { holds, useFindable } from "./findable";
import { useNavigation } from "./navigation";

type Props = { commands: Command[]; onClose: (then?: () => void) => void };

export function CommandPalette({ commands, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const then = (run: () => void) => () => onClose(run);
  const found = useFindable(typed);
  const { read } = useBrowsing();
  const able = commands.filter((c) => c.able !== false && holds(strings.commands[c.id], typed));
  const best = useBest(typed, found.settled, () => {
    const document = found.documents[0];
    if (document) onClose(() => read(document.id, null));
  });
  return (
    <Sheet onClose={() => onClose()} title={strings.palette} wide>
      <Palette label={strings.palette} loop shouldFilter={false}>
        <Palette.Input
          autoFocus
          value={typed}
          onValueChange={setTyped}
          onKeyDown={(e) => {
            if (e.key !== "Enter" || able.length > 0 || found.settled || e.nativeEvent.isComposing) return;
            e.preventDefault();
            best();
          }}
          placeholder={strings.palettePlaceholder}
          className="mb-2 w-full rounded-lg border border-line bg-bg px-3 py-2 outline-none focus:border-accent"
        />
        <Palette.List className="max-h-[46vh] overflow-auto">
          <Palette.Empty className="px-2 py-3 text-faint">{strings.noCommand}</Palette.Empty>
          {able.map((c) => (
            <Item key={c.id} value={c.id} onSelect={then(() => c.run(1))}>
              {strings.commands[c.id]}
              <Kbd keys={c.keys} hint />
            </Item>
          ))}
          <Found found={found} then={then} />
        </Palette.List>
      </Palette>
    </Sheet>
  );
}

type FoundProps = { found: ReturnType<typeof useFindable>; then: (run: () => void) => () => void };

function Found({ found: { documents, steps, conversations }, then }: FoundProps) {
  const { read } = useBrowsing();
  const { show } = useAsking();
  const { id, running } = useConversation();
  const { go } = useNavigation();
  return (
    <>
      <Group words={strings.documentList} of={documents}>
        {documents.map((d) => (
          <Item key={d.id} value={`document ${d.id}`} onSelect={then(() => read(d.id, null))}>
            <span className="truncate">{d.title}</span>
            <Aside>{strings.kinds[d.kind]}</Aside>
          </Item>
        ))}
      </Group>
      <Group words={strings.stepsFound} of={steps}>
        {steps.map((s) => (
          <Item
            key={`${s.document} ${s.place.start}`}
            value={`step ${s.document} ${s.place.start}`}
            onSelect={then(() => read(s.document, s.place))}
          >
            <span className="truncate">
              {s.number}. {s.words}
            </span>
            <Aside>{s.title}</Aside>
          </Item>
        ))}
      </Group>
      <Group words={strings.conversations} of={conversations}>
        {conversations.map((c) => (
          <Item
            key={c.id}
            value={`conversation ${c.id}`}
            disabled={running}
            onSelect={then(() => {
              if (c.id !== id) show(c.id);
              go("ask");
            })}
          >
            <span className="truncate">{c.title}</span>
          </Item>
        ))}
      </Group>
    </>
  );
}

export const Aside = ({ children }: { children: ReactNode }) => (
  <span className="max-w-[45%] shrink-0 truncate text-[12px] text-faint">{children}</span>
);

export function Group({ words, of, children }: { words: string; of: unknown[]; children: ReactNode }) {
  if (of.length === 0) return null;
  return (
    <Palette.Group
      heading={words}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-[11px] [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-faint"
    >
      {children}
    </Palette.Group>
  );
}

type ItemProps = { value: string; disabled?: boolean; onSelect: () => void; children: ReactNode };

export const Item = ({ children, ...rest }: ItemProps) => (
  <Palette.Item
    {...rest}
    className="flex justify-between gap-3 rounded-lg px-2 py-1.5 data-[disabled=true]:opacity-55 data-[selected=true]:bg-accent-bg data-[selected=true]:text-accent"
  >
    {children}
  </Palette.Item>
);
