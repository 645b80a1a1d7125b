// The passages that an answer may be made from, each a way to its source.
import type { SinceAnswer } from "../releases/since";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { useChoice, useSource } from "../sources/showing";
import { shownPassage } from "../sources/shown";
import type { Turn } from "./turns";

type Props = { turn: Turn; current: boolean; since: SinceAnswer };

export function Chips({ turn, current, since }: Props) {
  const { shown } = useSource();
  const { choose } = useChoice();
  const chips = turn.refused ? [] : turn.passages.filter((p) => p.carries);
  if (chips.length === 0) return null;
  return (
    <ul className="mb-3.5 flex flex-wrap gap-1.5" aria-label={strings.passages}>
      {chips.map((p) => (
        <li key={`${p.id} ${p.start}-${p.end}`} className="max-w-full">
          <button
            type="button"
            onClick={() => choose(shownPassage(p))}
            className={cx(
              "flex max-w-full gap-1.5 rounded-lg border bg-panel px-2.5 py-1 text-[12.5px]",
              current && shown?.document === p.document
                ? "border-accent text-ink"
                : "border-line text-soft hover:border-faint",
            )}
          >
            <b className="font-semibold text-accent">{p.number}</b>
            <span className="truncate">{p.title}</span>
            {p.case && <span className="font-medium whitespace-nowrap text-accent">{strings.exception(p.case)}</span>}
            {since.get(p.document) === "withdrawn" && (
              <span className="font-medium whitespace-nowrap text-warn">▲ {strings.withdrawn}</span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
