// Where a passage of an earlier release stands in the document of the present one. Offsets are bytes.
import type { Passage } from "../backend/backend";
import { indexOfByte } from "../shared/bytes";
import type { Range } from "./markdown";

/** The range counted from the passage's own beginning. */
export const within = (passage: Passage, range: Range): Range => ({
  start: range.start - passage.start,
  end: range.end - passage.start,
});

/** The range in `body`, if the passage still stands there, perhaps elsewhere; else nothing. */
export function located(body: string, passage: Passage, range: Range): Range | null {
  if (body.slice(indexOfByte(body, passage.start), indexOfByte(body, passage.end)) === passage.text) return range;
  const at = body.indexOf(passage.text);
  if (at < 0) return null;
  const { start, end } = within(passage, range);
  const moved = new TextEncoder().encode(body.slice(0, at)).length;
  return { start: moved + start, end: moved + end };
}
