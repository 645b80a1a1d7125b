// What has no source and nobody has decided about: a clause, or a sentence where no clause of it is to blame.
import type { Problem, Sentence } from "../backend/backend";
import { indexOfByte } from "../shared/bytes";

export type Open = {
  /** Its words, by which it is kept. */
  text: string;
  /** Bytes of the whole text. */
  start: number;
  end: number;
  problem: Problem | null;
  /** A clause of a sentence that makes several claims. */
  clause: boolean;
  sentence: Sentence;
};

const wordsOf = ({ text, start }: Sentence, at: { start: number; end: number }) =>
  text.slice(indexOfByte(text, at.start - start), indexOfByte(text, at.end - start));

/** The places of a sentence that stand on nothing, or on less than they say. */
export function poorOf(sentence: Sentence) {
  const isPoor = (x: { grounding: Sentence["grounding"] }) =>
    x.grounding === "partial" || x.grounding === "unsupported";
  const claims = sentence.claims.filter(isPoor);
  const blamed =
    claims.length > 0 && (sentence.grounding !== "unsupported" || claims.some((c) => c.grounding === "unsupported"));
  const poor = blamed ? claims : [sentence].filter(isPoor);
  return poor.map((p) => ({
    text: blamed ? wordsOf(sentence, p) : sentence.text,
    start: p.start,
    end: p.end,
    grounding: p.grounding,
    problem: p.problem ?? sentence.problem,
    clause: blamed,
    sentence,
  }));
}

export const openOf = (sentences: Sentence[], kept: string[]): Open[] =>
  sentences
    .filter((s) => s.grounding === "unsupported" && !kept.includes(s.text))
    .flatMap(poorOf)
    .filter((p) => p.grounding === "unsupported" && !kept.includes(p.text));

/** What was kept of them without a source. */
export const keptOf = (sentences: Sentence[], kept: string[]): Open[] =>
  sentences
    .filter((s) => s.grounding === "unsupported")
    .flatMap((s) => {
      const whole = { text: s.text, start: s.start, end: s.end, problem: s.problem, clause: false, sentence: s };
      return kept.includes(s.text) ? [whole] : poorOf(s).filter((p) => kept.includes(p.text));
    });
