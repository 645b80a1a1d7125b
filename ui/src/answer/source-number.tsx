// The number of a passage in running words: a way to its source.
import type { Passage } from "../backend/backend";
import { useChoice } from "../sources/showing";
import { shownPassage } from "../sources/shown";

type Props = { number: number; passage: Passage | undefined };

export function SourceNumber({ number, passage }: Props) {
  const { choose } = useChoice();
  if (!passage) return <b className="font-semibold">[{number}]</b>;
  return (
    <button
      type="button"
      title={passage.title}
      onClick={() => choose(shownPassage(passage))}
      className="rounded font-semibold hover:underline"
    >
      [{number}]
    </button>
  );
}
