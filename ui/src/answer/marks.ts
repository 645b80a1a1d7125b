// The sentences in the editor's text: each has its place, its mark, and the numbers of its sources.
import { invertedEffects } from "@codemirror/commands";
import { type EditorState, type Range, StateEffect, StateField, Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import type { Grounding, Sentence } from "../backend/backend";
import { indexOfByte } from "../shared/bytes";
import { type Mark, MarkWidget, saidBy } from "./mark-widget";
import { type Open, poorOf } from "./open";

export type Place = { from: number; to: number };

/** A sentence with its place in the editor's text, and the places in it that lack a source. */
export type Placed = Sentence & Place & { poor: Poor[] };

type Poor = Open & Place & { grounding: Grounding };

type Marks = {
  sentences: Placed[];
  active: number | null;
  confirmed: string[];
  /** What was typed and is not grounded yet. */
  typed: Place[];
  shown: DecorationSet;
};

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
  create: () => ({ sentences: [], active: null, confirmed: [], typed: [], shown: Decoration.none }),
  update(value, tr) {
    let next = value;
    if (tr.docChanged) {
      const moved = <T extends { from: number; to: number }>(x: T): T => ({
        ...x,
        from: tr.changes.mapPos(x.from, 1),
        to: tr.changes.mapPos(x.to, -1),
      });
      const sentences = value.sentences.map((s) => ({ ...moved(s), poor: s.poor.map(moved) }));
      next = { ...next, sentences, typed: [...value.typed.map(moved), ...typedIn(tr)] };
    }
    for (const e of tr.effects) {
      if (e.is(setSentences)) next = { ...next, sentences: e.value, typed: [] };
      if (e.is(setActive)) next = { ...next, active: e.value };
      if (e.is(setConfirmed)) next = { ...next, confirmed: e.value };
    }
    return next === value ? value : { ...next, shown: draw(tr.state, next) };
  },
  provide: (f) => EditorView.decorations.from(f, (m) => m.shown),
});

/** Where somebody changed the text; what a generator writes comes with its grounding. */
function typedIn(tr: Transaction): Place[] {
  const out: Place[] = [];
  if (tr.annotation(Transaction.addToHistory) === false) return out;
  tr.changes.iterChangedRanges((_fromBefore, _toBefore, from, to) => out.push({ from, to }));
  return out;
}

/** Where the sentences are in the text. Grounding of a text that has gone on meanwhile would mark the wrong words. */
export function placed(text: string, sentences: Sentence[]): Placed[] {
  const place = (x: { start: number; end: number }) => ({
    from: indexOfByte(text, x.start),
    to: indexOfByte(text, x.end),
  });
  const all = sentences.map((s) => ({ ...s, ...place(s), poor: poorOf(s).map((p) => ({ ...p, ...place(p) })) }));
  return all.filter((s) => text.slice(s.from, s.to) === s.text);
}

/** The sentence at a position. */
export function sentenceAt(state: EditorState, position: number): number | null {
  const found = state.field(marks).sentences.findIndex((s) => position >= s.from && position <= s.to);
  return found < 0 ? null : found;
}

/** Where a clause is now, and its sentence. */
export function placeOf(state: EditorState, open: Open): (Place & { sentence: Place }) | undefined {
  const { start, text } = open.sentence;
  const sentence = state.field(marks).sentences.find((s) => s.start === start && s.text === text);
  if (!sentence) return undefined;
  const { from, to } = sentence.poor.find((p) => p.start === open.start && p.end === open.end) ?? sentence;
  return { from, to, sentence };
}

/** The worse, the later. */
const ORDER: Grounding[] = ["courtesy", "verbatim", "supported", "partial", "unsupported"];
const POOR = ORDER.indexOf("partial");

type MarkState = Mark["state"];

/** What stands on a line of the text. */
type Line = { worst: number; active: boolean; kept: boolean; since: boolean; sources: Set<number> };

function draw(editor: EditorState, now: Omit<Marks, "shown">): DecorationSet {
  const { sentences, active, confirmed } = now;
  const out: Range<Decoration>[] = [];
  const lines = new Map<number, Line>();
  const looking = looked(editor, now.typed);
  sentences.forEach((s, i) => {
    const { from, to } = s;
    if (s.grounding === "courtesy") return;
    if (to > editor.doc.length || from >= to) return;
    const isKept = (p: Poor) => confirmed.includes(s.text) || confirmed.includes(p.text);
    // A pasted sentence may run over several lines: its mark stands on the first.
    const line = editor.doc.lineAt(from).from;
    if (looking.has(line)) return;
    out.push(...words(s, isKept));
    const at = lines.get(line) ?? { worst: 0, active: false, kept: false, since: false, sources: new Set() };
    const left = s.poor.filter((p) => !isKept(p));
    const stands = s.poor.length > 0 ? [] : [s];
    at.worst = Math.max(at.worst, ...[...stands, ...left].map((p) => ORDER.indexOf(p.grounding)));
    at.since ||= left.some((p) => p.problem?.kind === "since");
    at.active ||= active === i;
    at.kept ||= left.length < s.poor.length;
    for (const c of s.citations) at.sources.add(c.number);
    lines.set(line, at);
  });
  for (const [from, line] of lines) {
    const poor = line.worst >= POOR;
    const grounding = ORDER[line.worst] ?? "unsupported";
    const state: MarkState = poor ? (line.since ? "since" : null) : line.kept ? "kept" : null;
    const mark = { grounding, state, sources: [...line.sources].join(", ") };
    out.push(...marked(editor, from, mark, [line.active && "s-on", poor && `s-${grounding}`]));
  }
  for (const from of looking) {
    const mark = { grounding: "partial" as const, state: "looking" as const, sources: "" };
    out.push(...marked(editor, from, mark, ["s-looking"]));
  }
  return Decoration.set(out, true);
}

/** A line with its mark. */
function marked(state: EditorState, from: number, mark: Mark, classes: (string | false)[]): Range<Decoration>[] {
  const line = { class: classes.filter(Boolean).join(" "), attributes: { "data-mark": saidBy(mark) } };
  return [
    Decoration.line(line).range(from),
    Decoration.widget({ widget: new MarkWidget(mark), side: 1 }).range(state.doc.lineAt(from).to),
  ];
}

/** The lines of which something was typed that is not grounded yet. */
function looked(state: EditorState, typed: Place[]): Set<number> {
  const out = new Set<number>();
  for (const { from, to } of typed) {
    const end = Math.min(to, state.doc.length);
    for (let at = Math.min(from, end); ; ) {
      const line = state.doc.lineAt(at);
      if (line.text.trim() !== "") out.add(line.from);
      if (line.to >= end) break;
      at = line.to + 1;
    }
  }
  return out;
}

/** What stands on a sentence's own words. */
function words({ to, poor, citations }: Placed, isKept: (p: Poor) => boolean): Range<Decoration>[] {
  const out: Range<Decoration>[] = [];
  for (const part of poor.filter((p) => p.from < p.to))
    out.push(Decoration.mark({ class: `t-${isKept(part) ? "confirmed" : part.grounding}` }).range(part.from, part.to));
  const numbers = [...new Set(citations.map((c) => c.number))].join(",");
  // On the last character, so that the number never stands alone on a line.
  if (numbers) out.push(Decoration.mark({ class: "cm-cite", attributes: { "data-cite": numbers } }).range(to - 1, to));
  return out;
}
