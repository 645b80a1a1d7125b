// The answer of one turn: read, check, edit, copy, label.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useComing } from "../ask/coming";
import { useAsking } from "../ask/conversation";
import { numbersOf, renumbered, sourcesOf } from "../ask/sources-of";
import type { Turn } from "../ask/turns";
import type { Sentence } from "../backend/backend";
import { strings } from "../shared/strings";
import { useChoice, useSource } from "../sources/showing";
import { CardActions } from "./card-actions";
import { Editor } from "./editor";
import type { EditorHandle } from "./editor-handle";
import { Unsourced } from "./unsourced";
import { useCopying } from "./use-copying";
import { useForCustomer } from "./use-customer";
import { useDeciding } from "./use-deciding";
import { useDraft } from "./use-draft";

export type CardHandle = {
  /** Done when what was typed is kept. */
  settle(): Promise<void>;
  copy(sources: boolean): void;
  compare(): void;
  /** Between the customer's words and the sources'. */
  forCustomer(): void;
  /** Lets a copy go that was held; false, if none was. */
  letGo(): boolean;
  move(by: 1 | -1): void;
};

type Props = { turn: Turn; current: boolean };

export function AnswerCard({ turn, current }: Props) {
  const editor = useRef<EditorHandle>(null);
  const draft = useDraft(turn);
  const copying = useCopying(turn, draft);
  const { held, release } = copying;
  const told = useForCustomer(turn, draft.text, editor);
  const copy = (sources: boolean) => told.settled().then(() => copying.copy(sources));
  const deciding = useDeciding(editor, draft, copying);
  const [comparing, setComparing] = useState(false);
  const writing = turn.state === "running";
  const compare = () => setComparing((c) => !c);
  const { cards } = useAsking();
  // The keys find it by its turn.
  useLayoutEffect(() => {
    cards.set(turn.key, {
      settle: draft.settle,
      copy: (sources) => !writing && copy(sources),
      compare,
      forCustomer: told.change,
      letGo: () => {
        release();
        return held !== null;
      },
      move: (by) => editor.current?.move(by),
    });
    return () => void cards.delete(turn.key);
  });
  // Who wants own words checked goes on typing here.
  const { own } = turn;
  useEffect(() => {
    if (own) editor.current?.focus();
  }, [own]);
  const { sentence } = useSource();
  const { at, pass } = useChoice();
  const { text, sentences, confirmed } = draft;
  const numbered = useNumbered(turn, sentences);
  return (
    <div
      role="group"
      className="card overflow-hidden rounded-xl border border-line bg-panel"
      aria-label={turn.own ? strings.ownWords : strings.main}
      data-state={turn.state}
    >
      {/* Whoever goes on writing has not decided yet: the copy that was held is not sent by itself. */}
      <div className="px-[10px] pt-3.5 pb-1.5" onFocusCapture={release}>
        {(turn.draft !== "" || turn.text !== "" || !writing) && (
          <Editor
            handle={editor}
            own={turn.own}
            content={{ draft: turn.draft, text: turn.text, writing, sentences: numbered, confirmed }}
            active={current ? sentence : null}
            comparing={comparing}
            onText={deciding.edit}
            onKept={deciding.confirm}
            onActive={(i) => at(i === null ? null : (sentences[i] ?? null), i, turn.passages)}
            // Over another answer it shows nothing; the keys stay with the current one.
            onPass={(i) => current && pass(sentences[i] ?? null, i, turn.passages)}
          />
        )}
        {writing && <ComingWords turn={turn} />}
      </div>
      <Unsourced
        turn={turn}
        open={deciding.open}
        held={held}
        last={deciding.last}
        kept={deciding.kept}
        onEdit={(o) => {
          release();
          editor.current?.select(o);
        }}
        onTakeBack={deciding.takeBack}
        onDrop={deciding.drop}
        onKeep={deciding.keep}
        onUndo={deciding.undo}
      />
      <CardActions
        turn={turn}
        changed={text !== turn.draft}
        comparing={comparing}
        forCustomer={told}
        onCopy={copy}
        onCompare={compare}
      />
    </div>
  );
}

/** Their citations have the numbers of the chips. */
function useNumbered({ passages, answer, sentences }: Turn, drawn: Sentence[]): Sentence[] {
  return useMemo(
    () => renumbered(drawn, numbersOf(sourcesOf({ passages, answer, sentences }))),
    [passages, answer, sentences, drawn],
  );
}

/** A screen reader hears the sentence, once it is whole. */
function ComingWords({ turn }: { turn: Turn }) {
  const words = useComing(turn.coming, turn.draft);
  if (words === "" && turn.draft !== "") return null;
  return (
    <p dir="auto" className="answer-writing" aria-hidden>
      {words}
    </p>
  );
}
