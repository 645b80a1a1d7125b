// What was asked on all days, found by its words and its answer's, with what became of it.
import { useQuery } from "@tanstack/react-query";
import { Command as Palette } from "cmdk";
import { useDeferredValue, useState } from "react";
import { useAsking, useConversation } from "../ask/conversation";
import type { Past } from "../backend/backend";
import { asError } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useBest } from "../shared/best";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { Sheet } from "../shared/sheet";
import { strings, timeOf } from "../shared/strings";
import { useNavigation } from "./navigation";
import { Aside, Group, Item } from "./palette";
import { useSheets } from "./sheets";

export function History() {
  const backend = useBackend();
  const { close } = useSheets();
  const { show } = useAsking();
  const { running } = useConversation();
  const { go } = useNavigation();
  const [now, setTyped] = useState("");
  const typed = useDeferredValue(now.trim());
  const { data, error, isSuccess, isPlaceholderData } = useQuery({
    queryKey: ["history", typed],
    queryFn: () => backend.history(typed),
    placeholderData: (before) => before,
    gcTime: 0,
  });
  const settled = typed === now.trim() && isSuccess && !isPlaceholderData;
  const open = (p: Past) =>
    close(() => {
      show(p.conversation, p.exchange);
      go("ask");
    });
  const best = useBest(now.trim(), settled, () => {
    if (data?.[0] && !running) open(data[0]);
  });
  return (
    <Sheet onClose={() => close()} title={strings.history} wide>
      <Palette label={strings.history} loop shouldFilter={false}>
        <Palette.Input
          autoFocus
          value={now}
          onValueChange={setTyped}
          onKeyDown={(e) => {
            if (e.key !== "Enter" || settled || e.nativeEvent.isComposing) return;
            e.preventDefault();
            best();
          }}
          placeholder={strings.historyPlaceholder}
          className="mb-2 w-full rounded-lg border border-line bg-bg px-3 py-2 outline-none focus:border-accent"
        />
        <Palette.List className="max-h-[46vh] overflow-auto">
          {data && <Palette.Empty className="px-2 py-3 text-faint">{strings.nothingAsked}</Palette.Empty>}
          {byDay(data ?? []).map(([day, asked]) => (
            <Group key={day} words={day} of={asked}>
              {asked.map((p) => (
                <Item key={p.exchange} value={p.exchange} disabled={running} onSelect={() => open(p)}>
                  <span className="min-w-0 break-words">{p.question}</span>
                  <Aside>{[strings.became(p), timeOf(p.at)].filter(Boolean).join(" · ")}</Aside>
                </Item>
              ))}
            </Group>
          ))}
        </Palette.List>
        {error && <Told of={plainError(asError(error), strings.didNotWork)} />}
      </Palette>
    </Sheet>
  );
}

/** The newest day first, as they come. */
function byDay(all: Past[]): [day: string, Past[]][] {
  const days = new Map<string, Past[]>();
  for (const p of all) {
    const day = strings.historyDay(p.at);
    days.set(day, [...(days.get(day) ?? []), p]);
  }
  return [...days];
}
