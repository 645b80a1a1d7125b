// The Ask screen: the conversation, and the one field below it.
import { useRef, useState } from "react";
import { PreviewLine } from "../releases/preview-line";
import { StaleLine } from "../releases/stale-line";
import { useNavigation } from "../session/navigation";
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";
import { useAsking, useConversation } from "./conversation";
import { Empty } from "./empty";
import { useLookedAt } from "./looked-at";
import { QuestionField } from "./question-field";
import { TurnView } from "./turn-view";
import { usePlace } from "./use-place";

export function AskScreen() {
  const { screen } = useNavigation();
  const { knowledge, suggestions } = useStatus();
  const { turns, newest, current } = useConversation();
  const { submit } = useAsking();
  const look = useLookedAt();
  const scroll = useRef<HTMLDivElement>(null);
  const keepPlace = usePlace(scroll);
  const [last, setLast] = useState<string | null>(null);
  if (newest && !newest.own && newest.question !== last) setLast(newest.question);
  return (
    <main hidden={screen !== "ask"} className="flex min-h-0 min-w-0 flex-col print:hidden" aria-label={strings.ask}>
      <PreviewLine />
      {knowledge?.freshness === "too_stale" && newest?.error?.code !== "too_stale" && <StaleLine />}
      <div
        className="@container-size flex min-h-0 flex-1 flex-col overflow-auto px-9 pt-6 outline-none tight:px-3 tight:pt-3"
        tabIndex={turns.length ? 0 : -1}
        ref={scroll}
        onScroll={(e) => {
          look(e.currentTarget);
          keepPlace();
        }}
      >
        {turns.length === 0 ? (
          <Empty suggestions={suggestions} onAsk={submit} />
        ) : (
          <div className="mx-auto w-full max-w-[760px]">
            {turns.map((t) => (
              <TurnView key={t.key} turn={t} current={t === current} newest={t === newest} />
            ))}
          </div>
        )}
      </div>
      <QuestionField onSubmit={submit} followUp={turns.some((t) => !t.own)} last={last} />
    </main>
  );
}
