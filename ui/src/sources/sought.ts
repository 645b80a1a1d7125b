// Where in a document the words stand that a search found it by. Offsets are bytes.
import type { Range } from "./markdown";

const letters = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** The sentence of the body with most of the words, the first of several; nothing, where the title alone has them. */
export function sought(body: string, typed: string): Range | null {
  const words = [...new Set(letters(typed))];
  let best: { from: number; to: number; much: number } | null = null;
  for (const { 0: line, index } of body.matchAll(/[^\n]+/g)) {
    for (const { 0: part, index: at } of line.matchAll(/\S.*?(?:[.!?](?=\s)|$)/g)) {
      const held = letters(part);
      // What is typed may be the beginning of a word.
      const much = words.filter((w) => held.some((h) => h.startsWith(w))).length;
      const from = index + at;
      if (much > (best?.much ?? 0)) best = { from, to: from + part.length, much };
    }
  }
  if (!best) return null;
  const start = bytes(body.slice(0, best.from));
  return { start, end: start + bytes(body.slice(best.from, best.to)) };
}
