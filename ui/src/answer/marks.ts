// The sentences in the editor's text: each has its place, its mark, and the numbers of its sources.
import { invertedEffects } from "@codemirror/commands";
import { type EditorState, type Range, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import type { Grounding, Sentence } from "../backend/backend";
import { indexOfByte } from "../shared/bytes";
import { MarkWidget, saidBy } from "./mark-widget";

/** A sentence with its place in the editor's text, and the places in it that lack a source. */
export type Placed = Sentence & { from: number; to: number; poor: Poor[] };

type Poor = { from: number; to: number; grounding: Grounding };

type Marks = { sentences: Placed[]; active: number | null; confirmed: string[]; shown: DecorationSet };

export const setSentences = StateEffect.define<Placed[]>();
export const setActive = StateEffect.define<number | null>();
export const setConfirmed = StateEffect.define<string[]>();

/** That a sentence without a source is kept, or no longer is: undone and done again like any edit. */
export const keep = StateEffect.define<Kept>();

export type Kept = { text: string; on: boolean };

export const keeping = invertedEffects.of((tr) =>
  tr.effects.flatMap((e) => (e.is(keep) ? [keep.of({ text: e.value.text, on: !e.value.on })] : [])),
);

export const marks = StateField.define<Marks>({
  create: () => ({ sentences: [], active: null, confirmed: [], shown: Decoration.none }),
  update(value, tr) {
    let next = value;
    if (tr.docChanged) {
      const moved = <T extends { from: number; to: number }>(x: T): T => ({
        ...x,
        from: tr.changes.mapPos(x.from, 1),
        to: tr.changes.mapPos(x.to, -1),
      });
      const sentences = value.sentences.map((s) => ({ ...moved(s), poor: s.poor.map(moved) }));
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

/** Where the sentences are in the text. Grounding of a text that has gone on meanwhile would mark the wrong words. */
export function placed(text: string, sentences: Sentence[]): Placed[] {
  const place = (x: { start: number; end: number }) => ({
    from: indexOfByte(text, x.start),
    to: indexOfByte(text, x.end),
  });
  const isPoor = (x: { grounding: Grounding }) => x.grounding === "partial" || x.grounding === "unsupported";
  const all = sentences.map((s) => {
    const parts = s.claims.filter(isPoor);
    // Where no claim by itself is to blame, it is the sentence.
    const poor = (parts.length > 0 ? parts : [s].filter(isPoor)).map((x) => ({ ...place(x), grounding: x.grounding }));
    return { ...s, ...place(s), poor };
  });
  return all.filter((s) => text.slice(s.from, s.to) === s.text);
}

/** The sentence at a position. */
export function sentenceAt(state: EditorState, position: number): number | null {
  const found = state.field(marks).sentences.findIndex((s) => position >= s.from && position <= s.to);
  return found < 0 ? null : found;
}

/** Where a sentence is now. */
export const placeOf = (state: EditorState, sentence: Sentence): Placed | undefined =>
  state.field(marks).sentences.find((s) => s.start === sentence.start && s.text === sentence.text);

const ORDER = ["verbatim", "supported", "partial", "unsupported"] as const;

function draw(state: EditorState, { sentences, active, confirmed }: Omit<Marks, "shown">): DecorationSet {
  const out: Range<Decoration>[] = [];
  const lines = new Map<number, { worst: number; active: boolean; kept: boolean; sources: Set<number> }>();
  sentences.forEach((s, i) => {
    const { from, to } = s;
    if (s.grounding === "courtesy") return;
    if (to > state.doc.length || from >= to) return;
    const kept = confirmed.includes(s.text);
    out.push(...words(s, kept));
    // A pasted sentence may run over several lines: its mark stands on the first.
    const line = state.doc.lineAt(from).from;
    const at = lines.get(line) ?? { worst: 0, active: false, kept: true, sources: new Set() };
    at.worst = Math.max(at.worst, ORDER.indexOf(s.grounding));
    at.active ||= active === i;
    at.kept &&= kept || s.grounding === "verbatim" || s.grounding === "supported";
    for (const c of s.citations) at.sources.add(c.number);
    lines.set(line, at);
  });
  for (const [from, line] of lines) {
    const grounding = ORDER[line.worst] ?? "unsupported";
    const poor = line.worst >= 2;
    const mark = { grounding, kept: line.kept && poor, sources: [...line.sources].join(", ") };
    const classes = [line.active && "s-on", !line.kept && poor && `s-${grounding}`].filter(Boolean).join(" ");
    out.push(Decoration.line({ class: classes, attributes: { "data-mark": saidBy(mark) } }).range(from));
    out.push(Decoration.widget({ widget: new MarkWidget(mark), side: 1 }).range(state.doc.lineAt(from).to));
  }
  return Decoration.set(out, true);
}

/** What stands on a sentence's own words. */
function words({ to, poor, citations }: Placed, kept: boolean): Range<Decoration>[] {
  const out: Range<Decoration>[] = [];
  for (const part of poor.filter((p) => p.from < p.to))
    out.push(Decoration.mark({ class: `t-${kept ? "confirmed" : part.grounding}` }).range(part.from, part.to));
  const numbers = [...new Set(citations.map((c) => c.number))].join(",");
  // On the last character, so that the number never stands alone on a line.
  if (numbers) out.push(Decoration.mark({ class: "cm-cite", attributes: { "data-cite": numbers } }).range(to - 1, to));
  return out;
}
