// When a document is in force, in words.
import type { Document } from "../backend/backend";
import { day, strings } from "../shared/strings";

type Dated = Pick<Document, "effective_from" | "effective_to">;

export function inForce(d: Dated): string {
  if (d.effective_from && d.effective_to) return strings.fromTo(day(d.effective_from), day(d.effective_to));
  if (d.effective_from) return strings.since(day(d.effective_from));
  if (d.effective_to) return strings.until(day(d.effective_to));
  return strings.always;
}

/** What a reader must know before using a document that is not in force today. */
export function notInForce(d: Dated, today: string): string | null {
  if (d.effective_from && d.effective_from > today) return strings.notYet(day(d.effective_from));
  if (d.effective_to && d.effective_to < today) return strings.expired(day(d.effective_to));
  return null;
}
