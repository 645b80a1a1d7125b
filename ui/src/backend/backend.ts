// What the window asks of the program: its calls, and what it hears without asking. The only folder that knows how.
import type { Calls } from "./calls";
import type { Connection, DeskError, SyncProgress } from "./types";

export type * from "./types";

export type Health = NonNullable<Connection["generation"]>;

export interface Backend extends Calls {
  /** How far a sync is that nobody asked for; nothing: it is over. */
  onSync(then: (p: SyncProgress | null) => void): () => void;
  /** The knowledge was switched to another release, whoever asked for it. */
  onRelease(then: () => void): () => void;
  /** The hotkey brought the window up: the question field wants the focus. */
  onSummoned(then: () => void): () => void;
}

/** Whatever was thrown, as the program says it. */
export function asError(e: unknown): DeskError {
  if (typeof e === "object" && e !== null && "message" in e && "code" in e) return e as DeskError;
  return { code: "failed", message: e instanceof Error ? e.message : String(e) };
}
