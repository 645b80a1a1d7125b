// What the source panel shows.
import type { Citation, Passage } from "../backend/backend";
import type { Range } from "./markdown";

/** With the passage as it was found: the document may be another, or gone, by now. */
export type Shown = { document: string; headings: string[]; range: Range | null; passage: Passage | null };

export const shownDocument = (document: string): Shown => ({ document, headings: [], range: null, passage: null });

export const shownPassage = (p: Passage): Shown => ({
  document: p.document,
  headings: p.heading_path,
  range: { start: p.start, end: p.end },
  passage: p,
});

export const shownCitation = (c: Citation, passages: Passage[]): Shown => {
  const passage = passages.find((p) => p.id === c.passage) ?? null;
  return {
    document: c.document,
    headings: passage?.heading_path ?? [],
    range: { start: c.start, end: c.end },
    passage,
  };
};
