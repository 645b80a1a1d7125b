// The clauses without a source, and what can be done about each.
import { type ReactNode, useLayoutEffect, useRef } from "react";
import type { Turn } from "../ask/turns";
import { focusBack, nowhere, useHome } from "../shared/focus";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import type { Open } from "./open";
import type { Held } from "./use-copying";
import type { Decided } from "./use-deciding";

type Props = {
  turn: Turn;
  open: Open[];
  held: Held | null;
  last: Decided | null;
  /** Kept before. */
  kept: Open[];
  onEdit: (o: Open) => void;
  onDrop: (o: Open) => void;
  onKeep: (o: Open) => void;
  onTakeBack: (o: Open) => void;
  onUndo: () => void;
};

/** So many are shown at once. */
const SHOWN = 3;

export function Unsourced(props: Props) {
  const { turn, open, held, last, kept, onEdit, onDrop, onKeep, onTakeBack, onUndo } = props;
  const { note, decided, ...focus } = useNoteFocus(held, open.length);
  const { answer } = turn;
  const act = (words: string, then: () => void) => (
    <button
      type="button"
      className="font-semibold hover:underline"
      // A click takes the focus from nobody.
      onMouseDown={(e) => e.preventDefault()}
      onClick={() => {
        decided();
        then();
      }}
    >
      {words}
    </button>
  );
  return (
    <div ref={note} className="px-[18px]" aria-live="polite" {...focus}>
      {held && open.length > 0 && (
        <p className="pt-1 text-[12.5px] font-semibold text-warn">
          {strings.beforeCopying(
            open.length,
            open.some((o) => o.clause),
          )}
        </p>
      )}
      {turn.state !== "running" &&
        open.slice(0, SHOWN).map((o, i) => (
          <Row key={named(open, i)} warn words={`▲ ${strings.problem(o.problem, o.text)}`}>
            {held && act(strings.editIt, () => onEdit(o))}
            {act(strings.dropIt, () => onDrop(o))}
            {act(strings.keepAnyway, () => onKeep(o))}
          </Row>
        ))}
      {turn.state !== "running" &&
        kept.slice(0, SHOWN).map((o, i) => (
          <Row key={`kept ${named(kept, i)}`} words={strings.keptByYou(o.text)}>
            {act(strings.takeBack, () => onTakeBack(o))}
          </Row>
        ))}
      {last && (
        <Row words={strings.decided(last.did, last.open.text, last.held && open.length === 0)}>
          {act(strings.undo, onUndo)}
        </Row>
      )}
      {answer?.stopped && <p className="pt-1 text-[12.5px] text-soft">{strings.stopped}</p>}
      {answer && answer.dropped_marks > 0 && (
        <p className="pt-1 text-[12.5px] text-soft">{strings.droppedMarks(answer.dropped_marks)}</p>
      )}
    </div>
  );
}

/** By its words, since its place changes with every edit before it; the same words twice are told apart. */
const named = (open: Open[], i: number) =>
  `${open[i]?.text} ${open.slice(0, i).filter((o) => o.text === open[i]?.text).length}`;

function Row({ words, warn, children }: { words: string; warn?: boolean; children: ReactNode }) {
  return (
    <div
      className={cx(
        "mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg px-2.5 py-2 text-[12.5px]",
        warn ? "bg-warn-bg text-warn" : "bg-bg text-soft",
      )}
    >
      <span className="flex-1 basis-52">{words}</span>
      {children}
    </div>
  );
}

/**
 * A copy that is held takes the focus to the first sentence, a decision to the next one; when nothing is left to
 * decide, or the copy is let go, the focus is where it was.
 */
function useNoteFocus(held: Held | null, open: number) {
  const home = useHome();
  const note = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null);
  const was = useRef(held);
  const pressed = useRef(false);
  useLayoutEffect(() => {
    const here = nowhere() || note.current?.contains(document.activeElement);
    const first = () => note.current?.querySelector("button")?.focus();
    if (held && held !== was.current) first();
    else if (here && was.current && !held) focusBack(before.current, home);
    else if (here && pressed.current) open > 0 ? first() : focusBack(before.current, home);
    was.current = held;
    pressed.current = false;
  });
  return {
    note,
    decided: () => {
      pressed.current = note.current?.contains(document.activeElement) ?? false;
    },
    onFocus: (e: React.FocusEvent) => {
      if (!note.current?.contains(e.relatedTarget)) before.current = e.relatedTarget;
    },
  };
}
