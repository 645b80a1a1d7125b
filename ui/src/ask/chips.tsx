// The documents that an answer may be made from, each a way to its source.
import { useMemo } from "react";
import type { SinceAnswer } from "../releases/since";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { useChoice, useSource } from "../sources/showing";
import { shownPassage } from "../sources/shown";
import { type SourceOf, sourcesOf } from "./sources-of";
import type { Turn } from "./turns";

type Props = { turn: Turn; current: boolean; since: SinceAnswer };

export function Chips({ turn, current, since }: Props) {
  const { shown } = useSource();
  const { choose } = useChoice();
  const { passages, answer, sentences } = turn;
  const sources = useMemo(() => sourcesOf({ passages, answer, sentences }), [passages, answer, sentences]);
  if (turn.refused || sources.length === 0) return null;
  return (
    <ul className="mb-3.5 flex flex-wrap gap-1.5" aria-label={strings.passages}>
      {sources.map((s) => (
        <li key={s.passage.document} className="max-w-full">
          <Chip
            of={s}
            on={current && shown?.document === s.passage.document}
            withdrawn={since.get(s.passage.document) === "withdrawn"}
            onChoose={() => choose(shownPassage(s.passage))}
          />
        </li>
      ))}
    </ul>
  );
}

type ChipProps = { of: SourceOf; on: boolean; withdrawn: boolean; onChoose: () => void };

/** What is used has its number filled; what was found beside it does not. */
function Chip({ of, on, withdrawn, onChoose }: ChipProps) {
  const { number, passage, used, apart, exception } = of;
  return (
    <button
      type="button"
      onClick={onChoose}
      title={passage.title}
      data-used={used || undefined}
      className={cx(
        "flex max-w-full items-center gap-1.5 rounded-lg border bg-panel px-2.5 py-1 text-[12.5px]",
        on ? "border-accent text-ink" : "border-line hover:border-faint",
        !on && (used ? "text-ink" : "text-soft"),
      )}
    >
      <b className={cx("rounded px-1 font-semibold", used ? "bg-accent text-on-accent" : "bg-transparent text-faint")}>
        {number}
      </b>
      <span className="truncate">{passage.title}</span>
      {apart && <span className="max-w-[45%] truncate text-faint">{apart}</span>}
      {used && <span className="sr-only">, {strings.used}</span>}
      {exception && <span className="font-medium whitespace-nowrap text-accent">{strings.exception(exception)}</span>}
      {withdrawn && <span className="font-medium whitespace-nowrap text-warn">▲ {strings.withdrawn}</span>}
    </button>
  );
}
