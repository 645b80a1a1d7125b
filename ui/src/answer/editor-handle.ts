// What is done to the editor's text from outside of it.
import { isolateHistory, undo } from "@codemirror/commands";
import type { EditorState } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import type { RefObject } from "react";
import { keep, marks, type Place, placeOf } from "./marks";
import type { Open } from "./open";

export type EditorHandle = {
  focus(): void;
  /** Selects a clause, to be edited. */
  select(open: Open): void;
  /** Takes a clause out, as an edit that can be undone. */
  drop(open: Open): void;
  /** Keeps it without a source or no longer, which can be undone too. */
  keep(open: Open, on: boolean): void;
  undo(): void;
  /** Puts another text in place of one, if it still stands there, as an edit that can be undone. */
  replace(text: string, by: string): void;
  /** Moves to the next (1) or the previous (-1) sentence. */
  move(by: 1 | -1): void;
};

/** `onMoved` hears of the sentence that was moved to. */
export function handleOf(view: RefObject<EditorView | null>, onMoved: (sentence: number) => void): EditorHandle {
  return {
    focus: () => view.current?.focus(),
    select: (open) => view.current && select(view.current, open),
    drop: (open) => view.current && drop(view.current, open),
    keep: ({ text }, on) =>
      view.current?.dispatch({ effects: keep.of({ text, on }), annotations: isolateHistory.of("full") }),
    undo: () => view.current && undo(view.current),
    replace: (text, by) => view.current && replace(view.current, text, by),
    move(by) {
      const to = view.current && move(view.current, by);
      if (to !== null) onMoved(to);
    },
  };
}

function select(view: EditorView, open: Open) {
  const at = placeOf(view.state, open);
  if (!at) return;
  view.dispatch({ selection: { anchor: at.from, head: at.to }, scrollIntoView: true });
  view.focus();
}

function replace(view: EditorView, text: string, by: string) {
  if (view.state.doc.toString() !== text) return;
  const changes = { from: 0, to: view.state.doc.length, insert: by };
  view.dispatch({ changes, annotations: isolateHistory.of("full") });
}

function drop(view: EditorView, open: Open) {
  const at = placeOf(view.state, open);
  if (!at) return;
  const sentence = at.sentence;
  const whole = at.from === sentence.from && at.to === sentence.to;
  const changes = whole ? without(view.state, at) : withoutClause(view.state, at, sentence);
  view.dispatch({ changes, annotations: isolateHistory.of("full") });
}

/** What joins a clause to the one before it, and what ends a sentence. */
const JOINED = /[\s,;:–—-]*$/;
const END = /[.!?…]*$/;

/** The rest of a sentence ends as it ended, and begins with a capital. */
function withoutClause(state: EditorState, at: Place, sentence: Place) {
  if (at.to === sentence.to) {
    const joined = JOINED.exec(state.sliceDoc(sentence.from, at.from))?.[0].length ?? 0;
    const end = END.exec(state.sliceDoc(at.from, at.to))?.[0].length ?? 0;
    return { from: at.from - joined, to: at.to - end };
  }
  const behind = state.sliceDoc(at.to, sentence.to);
  const to = at.to + (behind.length - behind.trimStart().length);
  if (at.from > sentence.from) return { from: at.from, to };
  return { from: at.from, to: to + 1, insert: state.sliceDoc(to, to + 1).toUpperCase() };
}

/** A sentence that has its lines to itself takes one line end with it. */
function without(state: EditorState, at: Place): { from: number; to: number } {
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
