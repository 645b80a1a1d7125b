// A source in running words: a way to it.
import type { Passage } from "../backend/backend";
import { useChoice } from "../sources/showing";
import { shownPassage } from "../sources/shown";

/** Of the chips, by document. */
export type Numbers = ReadonlyMap<string, number>;
type Props = { number: number; passage: Passage | undefined; numbers: Numbers };

/** The chip's number; what has no chip is called by its title, since a number would be another's. */
export function SourceNumber({ number: own, passage, numbers }: Props) {
  const { choose } = useChoice();
  if (!passage) return <b className="font-semibold">[{own}]</b>;
  const number = numbers.get(passage.document);
  return (
    <button
      type="button"
      title={passage.title}
      onClick={() => choose(shownPassage(passage))}
      className="rounded font-semibold hover:underline"
    >
      {number === undefined ? `“${passage.title}”` : `[${number}]`}
    </button>
  );
}
