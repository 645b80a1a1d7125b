// The question as it was asked, and in one line what happened so far.
import { useState } from "react";
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import type { Turn } from "./turns";

export function TurnHead({ turn }: { turn: Turn }) {
  const { release, release_created_at, knowledge } = useStatus();
  return (
    <>
      <Question words={turn.own ? strings.ownWords : turn.question} />
      {turn.askedAs && <p className="text-[12.5px] text-soft">{strings.askedAs(turn.askedAs)}</p>}
      <p className={cx("mb-3.5 text-[12.5px] text-faint", turn.state === "searching" && "pulse")}>
        {line(turn, release, strings.releaseOf(knowledge?.number ?? null, release_created_at))}
      </p>
    </>
  );
}

/** So much of a question stands there by itself: the answer is not far below. */
const LETTERS = 420;
const LINES = 6;

function Question({ words }: { words: string }) {
  const [whole, setWhole] = useState(false);
  const long = words.length > LETTERS || words.split("\n").length > LINES;
  return (
    <>
      <h1
        className={cx(
          "mb-1 text-[19px] leading-[1.4] font-semibold tracking-[-0.01em] break-words whitespace-pre-line",
          long && !whole && "line-clamp-6",
        )}
        dir="auto"
      >
        {words}
      </h1>
      {long && (
        <button
          type="button"
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
          className="mb-1 rounded text-[12.5px] text-accent hover:underline"
        >
          {whole ? strings.lessOfIt : strings.wholeQuestion}
        </button>
      )}
    </>
  );
}

/** `release` is the present one, and how it is called. */
function line(turn: Turn, release: string, called: string): string {
  if (turn.state === "searching" || (turn.state === "running" && turn.refused)) return strings.searching;
  if (turn.own) return [strings.ownAgainst, called].join(" · ");
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
    parts.push(answer.release === release ? called : strings.earlierRelease);
    if (answer.day) parts.push(strings.asOfDay(answer.as_of));
  }
  return parts.join(" · ");
}
