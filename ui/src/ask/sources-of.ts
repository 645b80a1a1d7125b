// The documents that an answer may rest on, numbered without gaps: chips, marks and bands all count by them.
import type { Passage, Sentence } from "../backend/backend";
import { strings } from "../shared/strings";
import type { Turn } from "./turns";

export type SourceOf = {
  number: number;
  /** Its best passage. */
  passage: Passage;
  /** The answer, as it was written, rests on it. */
  used: boolean;
  /** What tells it from another of nearly the same title. */
  apart: string | null;
  /** The case that makes a passage of it the exception to a rule. */
  exception: string | null;
};

export function sourcesOf({
  passages,
  answer,
  sentences,
}: Pick<Turn, "passages" | "answer" | "sentences">): SourceOf[] {
  const cited = new Set((answer?.sentences ?? sentences).flatMap((s) => s.citations.map((c) => c.document)));
  // What is cited though it would not carry the answer comes last: the others have their numbers already.
  const found = [...passages.filter((p) => p.carries), ...passages.filter((p) => !p.carries && cited.has(p.document))];
  const first = found.filter((p, i) => found.findIndex((o) => o.document === p.document) === i);
  return first.map((passage, i) => ({
    number: i + 1,
    passage,
    used: cited.has(passage.document),
    apart: first.some((o) => o !== passage && alike(o.title, passage.title)) ? apart(passage) : null,
    exception: found.find((p) => p.document === passage.document && p.case)?.case ?? null,
  }));
}

/** So many letters are read at a glance. */
const GLANCE = 20;

const alike = (a: string, b: string) => a.toLowerCase().slice(0, GLANCE) === b.toLowerCase().slice(0, GLANCE);

const apart = (p: Passage) => p.heading_path.at(-1) ?? `${strings.kinds[p.kind]}, ${strings.version} ${p.version}`;

/** Of each document its number. */
export const numbersOf = (sources: SourceOf[]): ReadonlyMap<string, number> =>
  new Map(sources.map((s) => [s.passage.document, s.number]));

/** The same sentences, their citations numbered so. */
export const renumbered = (sentences: Sentence[], numbers: ReadonlyMap<string, number>): Sentence[] =>
  sentences.map((s) => ({
    ...s,
    citations: s.citations.map((c) => ({ ...c, number: numbers.get(c.document) ?? c.number })),
  }));
