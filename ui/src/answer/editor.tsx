// The answer is an editor: a sentence a line, each with its mark. Grounding follows what is typed.
import { defaultKeymap, history, historyKeymap, isolateHistory } from "@codemirror/commands";
import { unifiedMergeView } from "@codemirror/merge";
import { Compartment, EditorState, Transaction } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { type RefObject, useEffect, useImperativeHandle, useRef } from "react";
import type { Sentence } from "../backend/backend";
import { strings } from "../shared/strings";
import { type EditorHandle, handleOf } from "./editor-handle";
import { type Kept, keep, keeping, marks, placed, sentenceAt, setActive, setConfirmed, setSentences } from "./marks";

/** What stands in it. */
export type Content = {
  /** The generator's text. */
  draft: string;
  /** What the operator made of it, when a kept answer is opened; grows while it is written. */
  text: string;
  writing: boolean;
  sentences: Sentence[];
  confirmed: string[];
};

type Props = {
  content: Content;
  /** Anybody's text, which may be none yet. */
  own: boolean;
  active: number | null;
  comparing: boolean;
  onText: (text: string) => void;
  onKept: (kept: Kept) => void;
  /** The caret is in another sentence, or in none. */
  onActive: (sentence: number | null) => void;
  /** The mouse is over another sentence. */
  onPass: (sentence: number) => void;
  handle: React.Ref<EditorHandle>;
};

export function Editor(props: Props) {
  const { content, active, comparing, handle } = props;
  const latest = useRef(props);
  latest.current = props;
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const mode = useRef({ writing: new Compartment(), merge: new Compartment() });

  useEffect(() => {
    if (!parent.current) return;
    const editor = made(parent.current, latest, mode.current);
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useWritten(view, content, mode.current.writing);

  const { draft, sentences, confirmed } = content;
  useEffect(() => {
    const v = view.current;
    v?.dispatch({ effects: setSentences.of(placed(v.state.doc.toString(), sentences)) });
  }, [sentences]);
  useEffect(() => view.current?.dispatch({ effects: setActive.of(active) }), [active]);
  useEffect(() => view.current?.dispatch({ effects: setConfirmed.of(confirmed) }), [confirmed]);
  useEffect(() => {
    const extension = comparing ? unifiedMergeView({ original: draft, mergeControls: false, gutter: false }) : [];
    view.current?.dispatch({ effects: mode.current.merge.reconfigure(extension) });
  }, [comparing, draft]);

  useImperativeHandle(handle, () => handleOf(view, (i) => latest.current.onActive(i)), []);

  return <div ref={parent} className="answer" />;
}

type Modes = { writing: Compartment; merge: Compartment };

function made(parent: HTMLElement, latest: RefObject<Props>, { writing, merge }: Modes): EditorView {
  const { content, own } = latest.current;
  const editor = new EditorView({
    parent,
    state: EditorState.create({
      doc: content.draft,
      extensions: [
        history(),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": own ? strings.ownEditor : strings.answer, spellcheck: "true" }),
        own ? placeholder(strings.ownPlaceholder) : [],
        marks,
        keeping,
        writing.of(EditorState.readOnly.of(content.writing)),
        merge.of([]),
        EditorView.updateListener.of((u) => {
          if (u.docChanged && !u.transactions.some((t) => t.annotation(Transaction.addToHistory) === false))
            latest.current.onText(u.state.doc.toString());
          for (const e of u.transactions.flatMap((t) => t.effects)) if (e.is(keep)) latest.current.onKept(e.value);
          if (u.selectionSet && u.view.hasFocus)
            latest.current.onActive(sentenceAt(u.state, u.state.selection.main.head));
        }),
        EditorView.domEventHandlers({
          mousemove(e, v) {
            const position = v.posAtCoords({ x: e.clientX, y: e.clientY });
            const found = position === null ? null : sentenceAt(v.state, position);
            if (found !== null && found !== v.state.field(marks).active) latest.current.onPass(found);
          },
        }),
      ],
    }),
  });
  // A kept answer opens on the operator's text, and undo still leads back to the draft.
  if (content.text !== content.draft && !content.writing)
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: content.text },
      annotations: isolateHistory.of("full"),
    });
  return editor;
}

/** What the generator writes goes in; it is no edit, and cannot be undone. */
function useWritten(view: RefObject<EditorView | null>, { text, writing }: Content, mode: Compartment) {
  useEffect(() => {
    const v = view.current;
    if (!v || !writing) return;
    const length = v.state.doc.length;
    if (text.length > length) write(v, length, text.slice(length));
  }, [view, text, writing]);
  useEffect(() => {
    const v = view.current;
    if (!v) return;
    // It may end otherwise than it streamed.
    if (!writing && v.state.readOnly && v.state.doc.toString() !== text) write(v, 0, text);
    v.dispatch({ effects: mode.reconfigure(EditorState.readOnly.of(writing)) });
  }, [view, text, writing, mode]);
}

/** Replaces all that stands behind `from`. */
function write(view: EditorView, from: number, insert: string) {
  view.dispatch({
    changes: { from, to: view.state.doc.length, insert },
    annotations: Transaction.addToHistory.of(false),
  });
}
