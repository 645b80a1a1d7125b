// The sentences without a source, and what can be done about each.
import { useEffect, useRef } from "react";
import type { Turn } from "../ask/turns";
import type { Sentence } from "../backend/backend";
import { strings } from "../shared/strings";

type Props = {
  turn: Turn;
  open: Sentence[];
  /** A copy waits for them. */
  held: boolean;
  onEdit: (s: Sentence) => void;
  onDrop: (s: Sentence) => void;
  onKeep: (s: Sentence) => void;
};

/** So many are shown at once. */
const SHOWN = 3;

export function Unsourced({ turn, open, held, onEdit, onDrop, onKeep }: Props) {
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (held && open.length > 0) note.current?.querySelector("button")?.focus();
  }, [held, open.length]);
  const { answer } = turn;
  return (
    <div ref={note} className="px-[18px]" aria-live="polite">
      {held && open.length > 0 && (
        <p className="pt-1 text-[12.5px] font-semibold text-warn">{strings.beforeCopying(open.length)}</p>
      )}
      {turn.state !== "running" &&
        open.slice(0, SHOWN).map((s) => (
          <div
            key={`${s.start}${s.text}`}
            className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg bg-warn-bg px-2.5 py-2 text-[12.5px] text-warn"
          >
            <span className="flex-1 basis-52">▲ {strings.problem(s.problem, s.text)}</span>
            {held && <Act words={strings.editIt} onClick={() => onEdit(s)} />}
            <Act words={strings.dropIt} onClick={() => onDrop(s)} />
            <Act words={strings.keepAnyway} onClick={() => onKeep(s)} />
          </div>
        ))}
      {answer?.stopped && <p className="pt-1 text-[12.5px] text-soft">{strings.stopped}</p>}
      {answer && answer.dropped_marks > 0 && (
        <p className="pt-1 text-[12.5px] text-soft">{strings.droppedMarks(answer.dropped_marks)}</p>
      )}
    </div>
  );
}

function Act({ words, onClick }: { words: string; onClick: () => void }) {
  return (
    <button type="button" className="font-semibold hover:underline" onClick={onClick}>
      {words}
    </button>
  );
}
