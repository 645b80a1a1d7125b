// The numbered steps of a document. Offsets are bytes.
import type { Document } from "../backend/backend";
import type { Range } from "../sources/markdown";

export type Step = { document: string; title: string; number: string; words: string; place: Range };

const bytes = (text: string) => new TextEncoder().encode(text).length;

export function stepsOf({ id, title, body }: Document): Step[] {
  return [...body.matchAll(/^[ \t]*(\d{1,3})[.)][ \t]+(\S.*)$/gm)].map(
    ({ 0: line, 1: number = "", 2: words = "", index }) => {
      const from = index + line.length - words.length;
      const start = bytes(body.slice(0, from));
      return { document: id, title, number, words, place: { start, end: start + bytes(words) } };
    },
  );
}
