// The right column: the source of the sentence in focus, its bytes lit up, and what else was found.
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { useConversation } from "../ask/conversation";
import type { Turn } from "../ask/turns";
import { asError, type Passage } from "../backend/backend";
import { useBackend } from "../backend/context";
import { type SinceAnswer, useSince } from "../releases/since";
import { useNavigation } from "../session/navigation";
import { useStatus } from "../session/status";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { useChoice, useSource } from "./showing";
import { type Shown, shownPassage } from "./shown";
import { Present, Withdrawn } from "./source-text";

export function SourcePanel() {
  const { screen } = useNavigation();
  const { release } = useStatus();
  const { current } = useConversation();
  const { shown, folded } = useSource();
  const { fold } = useChoice();
  // A long source is drawn when there is time for it.
  const source = useDeferredValue(shown);
  const since = useSince(current, release);
  return (
    <aside
      hidden={screen !== "ask"}
      aria-label={strings.sourcePanel}
      className={cx(
        "flex min-h-0 min-w-0 flex-col border-l border-line bg-panel print:static print:flex print:w-auto print:border-0 print:shadow-none",
        folded
          ? "narrow:hidden"
          : "narrow:fixed narrow:top-0 narrow:right-0 narrow:bottom-[30px] narrow:z-20 narrow:w-[384px] narrow:max-w-full narrow:shadow-xl",
      )}
    >
      <button
        type="button"
        aria-label={strings.close}
        onClick={fold}
        className="print:hidden absolute top-2 right-3 hidden rounded px-1.5 text-soft hover:text-ink narrow:block"
      >
        ✕
      </button>
      {source ? (
        <ShownSource shown={source} since={since} turn={current?.refused ? null : current} />
      ) : (
        <p className="m-auto max-w-[230px] text-center text-[13px] text-faint">{strings.chooseSource}</p>
      )}
    </aside>
  );
}

type Props = { shown: Shown; since: SinceAnswer; turn: Turn | null };

function ShownSource({ shown, since, turn }: Props) {
  const backend = useBackend();
  const { data: read, error } = useQuery({
    queryKey: ["document", shown.document],
    queryFn: () => backend.document(shown.document),
  });
  // What comes from the program would be drawn at once, before the answer's words.
  const late = useDeferredValue(read);
  const data = late?.id === shown.document ? late : undefined;
  const state = since.get(shown.document);
  const gone = state === "withdrawn" || (error !== null && asError(error).code === "no_document");
  if (error && !gone)
    return (
      <Told
        className="m-auto max-w-[260px] text-center text-[13px] text-warn"
        of={plainError(asError(error), strings.didNotWork)}
      />
    );
  return (
    <>
      {gone ? (
        <Withdrawn shown={shown} />
      ) : data ? (
        <Present document={data} shown={shown} state={state} />
      ) : (
        <div className="flex-1" />
      )}
      {turn && <AlsoFound turn={turn} but={shown.document} since={since} />}
    </>
  );
}

function AlsoFound({ turn, but, since }: { turn: Turn; but: string; since: SinceAnswer }) {
  const { choose } = useChoice();
  const passages = turn.passages.filter((p) => p.document !== but);
  // Of each document its best passage.
  const found = passages.filter((p, i) => passages.findIndex((o) => o.document === p.document) === i);
  if (found.length === 0) return null;
  return (
    <footer className="print:hidden max-h-[34%] overflow-auto border-t border-line px-5 py-3">
      <h2 className="pb-1.5 text-[11px] font-semibold text-faint">{strings.alsoFound}</h2>
      {found.map((p) => (
        <button
          type="button"
          key={`${p.id} ${p.start}-${p.end}`}
          onClick={() => choose(shownPassage(p))}
          className="flex w-full justify-between gap-2.5 rounded px-1 py-1 text-left text-[13px] text-soft hover:text-ink"
        >
          <span className="truncate">{p.title}</span>
          {since.get(p.document) === "withdrawn" ? (
            <span className="text-[12px] font-medium whitespace-nowrap text-warn">▲ {strings.withdrawn}</span>
          ) : (
            <span className="text-[12px] whitespace-nowrap text-faint">{standing(p, turn)}</span>
          )}
        </button>
      ))}
    </footer>
  );
}

/** What became of a passage: whether the answer, as it was written, rests on its document, and if not, why. */
function standing(p: Passage, turn: Turn): string {
  const written = turn.answer?.sentences ?? turn.sentences;
  if (written.some((s) => s.citations.some((c) => c.document === p.document))) return strings.used;
  if (p.emergency) return strings.inEmergency;
  if (p.lacks.length > 0) return strings.lacks(p.lacks);
  if (!p.carries) return strings.weak;
  // It may be used yet.
  return turn.state === "running" ? strings.near : strings.nearNotUsed;
}
