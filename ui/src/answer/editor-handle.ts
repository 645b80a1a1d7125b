// What is done to the editor's text from outside of it.
import { isolateHistory, undo } from "@codemirror/commands";
import type { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import type { RefObject } from "react";
import type { Sentence } from "../backend/backend";
import { keep, marks, type Placed, placeOf } from "./marks";

export type EditorHandle = {
  focus(): void;
  /** Selects a sentence, to be edited. */
  select(sentence: Sentence): void;
  /** Takes a sentence out, as an edit that can be undone. */
  drop(sentence: Sentence): void;
  /** Keeps it without a source, which can be undone too. */
  keep(sentence: Sentence): void;
  undo(): void;
  /** Moves to the next (1) or the previous (-1) sentence. */
  move(by: 1 | -1): void;
};

/** `onMoved` hears of the sentence that was moved to. */
export function handleOf(view: RefObject<EditorView | null>, onMoved: (sentence: number) => void): EditorHandle {
  return {
    focus: () => view.current?.focus(),
    select: (sentence) => view.current && select(view.current, sentence),
    drop: (sentence) => view.current && drop(view.current, sentence),
    keep: ({ text }) =>
      view.current?.dispatch({ effects: keep.of({ text, on: true }), annotations: isolateHistory.of("full") }),
    undo: () => view.current && undo(view.current),
    move(by) {
      const to = view.current && move(view.current, by);
      if (to !== null) onMoved(to);
    },
  };
}

function select(view: EditorView, sentence: Sentence) {
  const at = placeOf(view.state, sentence);
  if (!at) return;
  view.dispatch({ selection: { anchor: at.from, head: at.to }, scrollIntoView: true });
  view.focus();
}

function drop(view: EditorView, sentence: Sentence) {
  const at = placeOf(view.state, sentence);
  if (at) view.dispatch({ changes: without(view.state, at), annotations: isolateHistory.of("full") });
}

/** A sentence that has its lines to itself takes one line end with it. */
function without(state: EditorState, at: Placed): { from: number; to: number } {
  const first = state.doc.lineAt(at.from);
  const last = state.doc.lineAt(at.to);
  const alone = state.sliceDoc(first.from, at.from).trim() === "" && state.sliceDoc(at.to, last.to).trim() === "";
  if (!alone) return { from: at.from, to: at.to };
  if (first.from > 0) return { from: first.from - 1, to: last.to };
  return { from: 0, to: Math.min(last.to + 1, state.doc.length) };
}

function move(view: EditorView, by: 1 | -1): number | null {
  const { sentences, active } = view.state.field(marks);
  const last = sentences.length - 1;
  const next = active === null ? (by > 0 ? 0 : last) : Math.min(Math.max(active + by, 0), last);
  const target = sentences[next];
  if (!target) return null;
  view.focus();
  view.dispatch({ selection: { anchor: target.from }, scrollIntoView: true });
  return next;
}
