// The question as it was asked, and in one line what happened so far.
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import type { Turn } from "./turns";

export function TurnHead({ turn }: { turn: Turn }) {
  const { release, knowledge } = useStatus();
  return (
    <>
      <h1
        className="mb-1 text-[19px] leading-[1.4] font-semibold tracking-[-0.01em] break-words line-clamp-6"
        dir="auto"
      >
        {turn.question}
      </h1>
      {turn.askedAs && <p className="text-[12.5px] text-soft">{strings.askedAs(turn.askedAs)}</p>}
      <p className={cx("mb-3.5 text-[12.5px] text-faint", turn.state === "searching" && "pulse")}>
        {line(turn, release, knowledge?.number ?? null)}
      </p>
    </>
  );
}

/** `release` is the present one, `number` its number where it comes from a store. */
function line(turn: Turn, release: string, number: number | null): string {
  if (turn.state === "searching" || (turn.state === "running" && turn.refused)) return strings.searching;
  const { answer } = turn;
  const n = turn.passages.filter((p) => p.carries).length;
  const parts = turn.refused || (turn.state === "failed" && n === 0) ? [] : [strings.found(n, turn.retrieveMs)];
  if (turn.state === "running") parts.push(strings.writing);
  if (answer) {
    parts.push(
      answer.models.generation
        ? strings.answeredBy(answer.models.generation, answer.timings_ms.total)
        : strings.noModel,
    );
    if (number === null) parts.push(strings.release(answer.release));
    else parts.push(answer.release === release ? strings.releaseNumber(number) : strings.earlierRelease);
    if (answer.day) parts.push(strings.asOfDay(answer.as_of));
  }
  return parts.join(" · ");
}
