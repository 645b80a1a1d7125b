// The answer is an editor: a sentence a line, each with its mark. Grounding follows what is typed.
import { defaultKeymap, history, historyKeymap, isolateHistory } from "@codemirror/commands";
import { unifiedMergeView } from "@codemirror/merge";
import { Compartment, EditorState, type Range, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap } from "@codemirror/view";
import { useEffect, useImperativeHandle, useRef } from "react";
import type { Sentence } from "../backend/backend";
import { indexOfByte } from "../shared/bytes";
import { strings } from "../shared/strings";

/** A sentence with its place in the editor's text. */
type Placed = Sentence & { from: number; to: number };

const setSentences = StateEffect.define<Placed[]>();
const setActive = StateEffect.define<number | null>();
const setConfirmed = StateEffect.define<string[]>();

type Marks = { sentences: Placed[]; active: number | null; confirmed: string[]; shown: DecorationSet };

const ORDER = ["verbatim", "supported", "partial", "unsupported"] as const;

function draw(state: EditorState, marks: Omit<Marks, "shown">): DecorationSet {
  const out: Range<Decoration>[] = [];
  const lines = new Map<number, { worst: number; active: boolean; confirmed: boolean }>();
  marks.sentences.forEach((s, i) => {
    const { from, to } = s;
    if (to > state.doc.length || from >= to) return;
    const confirmed = marks.confirmed.includes(s.text);
    if (s.grounding === "unsupported" || s.grounding === "partial") {
      const name = confirmed ? "confirmed" : s.grounding;
      out.push(Decoration.mark({ class: `t-${name}` }).range(from, to));
    }
    const numbers = [...new Set(s.citations.map((c) => c.number))].join(",");
    // On the last character, so that the number never stands alone on a line.
    if (numbers)
      out.push(Decoration.mark({ class: "cm-cite", attributes: { "data-cite": numbers } }).range(to - 1, to));
    // A pasted sentence may run over several lines: its mark stands on the first.
    const line = state.doc.lineAt(from).from;
    const at = lines.get(line) ?? { worst: 0, active: false, confirmed: true };
    at.worst = Math.max(at.worst, ORDER.indexOf(s.grounding));
    at.active ||= marks.active === i;
    at.confirmed &&= confirmed || s.grounding === "verbatim" || s.grounding === "supported";
    lines.set(line, at);
  });
  for (const [from, { worst, active, confirmed }] of lines) {
    const grounding = ORDER[worst] ?? "unsupported";
    const kept = confirmed && worst >= 2;
    const mark = kept
      ? `${strings.mark.partial} ${strings.confirmed}`
      : `${strings.mark[grounding]} ${strings.grounding[grounding]}`;
    const classes = [active && "s-on", !kept && worst >= 2 && `s-${grounding}`].filter(Boolean).join(" ");
    out.push(Decoration.line({ class: classes, attributes: { "data-mark": mark } }).range(from));
  }
  return Decoration.set(out, true);
}

const marks = StateField.define<Marks>({
  create: () => ({ sentences: [], active: null, confirmed: [], shown: Decoration.none }),
  update(value, tr) {
    let next = value;
    if (tr.docChanged) {
      const sentences = value.sentences.map((s) => ({
        ...s,
        from: tr.changes.mapPos(s.from, 1),
        to: tr.changes.mapPos(s.to, -1),
      }));
      next = { ...next, sentences };
    }
    for (const e of tr.effects) {
      if (e.is(setSentences)) next = { ...next, sentences: e.value };
      if (e.is(setActive)) next = { ...next, active: e.value };
      if (e.is(setConfirmed)) next = { ...next, confirmed: e.value };
    }
    return next === value ? value : { ...next, shown: draw(tr.state, next) };
  },
  provide: (f) => EditorView.decorations.from(f, (m) => m.shown),
});

export type EditorHandle = {
  focus(): void;
  /** Selects a sentence, to be edited. */
  select(sentence: Sentence): void;
  /** Takes a sentence out, as an edit that can be undone. */
  drop(sentence: Sentence): void;
  /** Moves to the next (1) or the previous (-1) sentence. */
  move(by: 1 | -1): void;
};

type Props = {
  /** The generator's text. */
  draft: string;
  /** What the operator made of it, when a kept answer is opened; grows while it is written. */
  text: string;
  writing: boolean;
  sentences: Sentence[];
  confirmed: string[];
  active: number | null;
  comparing: boolean;
  onText: (text: string) => void;
  onActive: (sentence: number | null) => void;
  handle: React.Ref<EditorHandle>;
};

export function Editor(props: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const mode = useRef({ writing: new Compartment(), merge: new Compartment() });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes is dispatched into it
  useEffect(() => {
    if (!parent.current) return;
    const { writing, merge } = mode.current;
    const editor = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: props.draft,
        extensions: [
          history(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": strings.answer, spellcheck: "true" }),
          marks,
          writing.of(EditorState.readOnly.of(props.writing)),
          merge.of([]),
          EditorView.updateListener.of((u) => {
            if (u.docChanged && !u.transactions.some((t) => t.annotation(Transaction.addToHistory) === false))
              latest.current.onText(u.state.doc.toString());
            if (u.selectionSet && u.view.hasFocus) latest.current.onActive(at(u.state, u.state.selection.main.head));
          }),
          EditorView.domEventHandlers({
            mousemove(e, v) {
              const position = v.posAtCoords({ x: e.clientX, y: e.clientY });
              const found = position === null ? null : at(v.state, position);
              if (found !== null && found !== v.state.field(marks).active) latest.current.onActive(found);
            },
          }),
        ],
      }),
    });
    view.current = editor;
    // A kept answer opens on the operator's text, and undo still leads back to the draft.
    if (props.text !== props.draft && !props.writing)
      editor.dispatch({
        changes: { from: 0, to: editor.state.doc.length, insert: props.text },
        annotations: isolateHistory.of("full"),
      });
    return () => editor.destroy();
  }, []);

  // The generator's text is no edit: it cannot be undone.
  useEffect(() => {
    const v = view.current;
    if (!v || !props.writing) return;
    const length = v.state.doc.length;
    if (props.text.length > length)
      v.dispatch({
        changes: { from: length, insert: props.text.slice(length) },
        annotations: Transaction.addToHistory.of(false),
      });
  }, [props.text, props.writing]);

  useEffect(() => {
    const v = view.current;
    if (!v) return;
    if (!props.writing && v.state.readOnly && v.state.doc.toString() !== props.text)
      v.dispatch({
        changes: { from: 0, to: v.state.doc.length, insert: props.text },
        annotations: Transaction.addToHistory.of(false),
      });
    v.dispatch({ effects: mode.current.writing.reconfigure(EditorState.readOnly.of(props.writing)) });
  }, [props.writing, props.text]);

  useEffect(() => {
    const v = view.current;
    if (!v) return;
    const text = v.state.doc.toString();
    const placed = props.sentences.map((s) => ({
      ...s,
      from: indexOfByte(text, s.start),
      to: indexOfByte(text, s.end),
    }));
    // Grounding of a text that has gone on meanwhile would mark the wrong words.
    const fits = placed.filter((s) => text.slice(s.from, s.to) === s.text);
    v.dispatch({ effects: setSentences.of(fits) });
  }, [props.sentences]);

  useEffect(() => view.current?.dispatch({ effects: setActive.of(props.active) }), [props.active]);
  useEffect(() => view.current?.dispatch({ effects: setConfirmed.of(props.confirmed) }), [props.confirmed]);
  useEffect(() => {
    const extension = props.comparing
      ? unifiedMergeView({ original: props.draft, mergeControls: false, gutter: false })
      : [];
    view.current?.dispatch({ effects: mode.current.merge.reconfigure(extension) });
  }, [props.comparing, props.draft]);

  useImperativeHandle(props.handle, () => ({
    focus: () => view.current?.focus(),
    select(sentence) {
      const placed = find(view.current, sentence);
      if (!placed) return;
      view.current?.dispatch({ selection: { anchor: placed.from, head: placed.to }, scrollIntoView: true });
      view.current?.focus();
    },
    drop(sentence) {
      const v = view.current;
      const placed = find(v, sentence);
      if (!v || !placed) return;
      const first = v.state.doc.lineAt(placed.from);
      const last = v.state.doc.lineAt(placed.to);
      const alone =
        v.state.sliceDoc(first.from, placed.from).trim() === "" && v.state.sliceDoc(placed.to, last.to).trim() === "";
      // A sentence that has its lines to itself takes one line end with it.
      const from = !alone ? placed.from : first.from > 0 ? first.from - 1 : 0;
      const to = !alone ? placed.to : first.from > 0 ? last.to : Math.min(last.to + 1, v.state.doc.length);
      v.dispatch({ changes: { from, to }, annotations: isolateHistory.of("full") });
    },
    move(by) {
      const v = view.current;
      if (!v) return;
      const { sentences, active } = v.state.field(marks);
      const next =
        active === null
          ? by > 0
            ? 0
            : sentences.length - 1
          : Math.min(Math.max(active + by, 0), sentences.length - 1);
      const target = sentences[next];
      if (!target) return;
      v.focus();
      v.dispatch({ selection: { anchor: target.from }, scrollIntoView: true });
      latest.current.onActive(next);
    },
  }));

  return <div ref={parent} className="answer" />;
}

function at(state: EditorState, position: number): number | null {
  const { sentences } = state.field(marks);
  const found = sentences.findIndex((s) => position >= s.from && position <= s.to);
  return found < 0 ? null : found;
}

function find(view: EditorView | null, sentence: Sentence): Placed | undefined {
  return view?.state.field(marks).sentences.find((s) => s.start === sentence.start && s.text === sentence.text);
}
