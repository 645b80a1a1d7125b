// The questions of a message that asks several, one below the other: which has its answer, and which has no source.
import { numbersOf, sourcesOf } from "../ask/sources-of";
import type { Turn } from "../ask/turns";
import type { QuestionPart } from "../backend/backend";
import { useStatus } from "../session/status";
import { day, strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { SourceNumber } from "./source-number";

/** So many sources are named for one question; the others are among the chips. */
const NAMED = 3;

export function Parts({ turn }: { turn: Turn }) {
  if (turn.parts.length === 0) return null;
  return (
    <ol aria-label={strings.parts} className="mb-3.5 rounded-xl border border-line bg-panel px-3.5 py-1 text-[13px]">
      {urgentFirst(turn).map((part, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: nothing else is sure to tell them apart, and none comes or goes
        <li key={i} data-part={part.reason ?? "answered"} className="border-line py-2 not-first:border-t">
          <Part part={part} turn={turn} />
        </li>
      ))}
    </ol>
  );
}

const isUrgent = (part: QuestionPart, turn: Turn) =>
  part.reason === null && turn.passages.some((p) => p.emergency && part.passages.includes(p.number));

const urgentFirst = (turn: Turn) =>
  [...turn.parts].sort((a, b) => Number(isUrgent(b, turn)) - Number(isUrgent(a, turn)));

function Part({ part, turn }: { part: QuestionPart; turn: Turn }) {
  const open = part.reason !== null;
  const done = turn.state === "done";
  const sources = <Sources numbers={numbers(part, turn)} turn={turn} />;
  return (
    <>
      <div className="flex items-baseline justify-between gap-3">
        <h2 className="min-w-0 font-medium break-words line-clamp-3" dir="auto">
          {part.asked}
        </h2>
        <span className={cx("whitespace-nowrap text-[12.5px]", open ? "font-medium text-warn" : "text-soft")}>
          {isUrgent(part, turn) ? strings.inEmergency : strings.partState(open, done)} {!open && sources}
        </span>
      </div>
      {part.day && <p className="text-[12.5px] text-soft">{strings.asOfDay(part.as_of)}</p>}
      {open && <Why part={part} near={sources} />}
    </>
  );
}

/** Why it is open, what came nearest, and what to do. */
function Why({ part, near }: { part: QuestionPart; near: React.ReactNode }) {
  const { tenant_name } = useStatus();
  const why = [
    strings.refusal(part.reason, part.unknown_codes, part.missing, tenant_name, day(part.as_of)),
    strings.nearestSubject(part.missing),
    part.look_alikes.length > 0 && strings.alike(part.look_alikes.map((l) => l.code)),
    strings.partNext(part.reason),
  ];
  return (
    <p className="text-[12.5px] text-soft">
      {why.filter(Boolean).join(" ")} {part.passages.length > 0 && <>{strings.partNearest}</>} {near}
    </p>
  );
}

/** Of an answered question the sources that its sentences cite, once they are there. */
function numbers(part: QuestionPart, turn: Turn): number[] {
  const cited = part.sentences.flatMap((i) => turn.answer?.sentences[i]?.citations ?? []).map((c) => c.number);
  const own = part.passages.filter((n) => cited.includes(n));
  return (own.length > 0 ? own : part.passages).slice(0, NAMED);
}

/** Each document once, as the chips have it. */
function Sources({ numbers, turn }: { numbers: number[]; turn: Turn }) {
  const chips = numbersOf(sourcesOf(turn));
  const found = numbers.map((n) => ({ n, passage: turn.passages.find((p) => p.number === n) }));
  return found
    .filter(({ passage }, i) => found.findIndex((f) => f.passage?.document === passage?.document) === i)
    .map(({ n, passage }) => <SourceNumber key={n} number={n} passage={passage} numbers={chips} />);
}
