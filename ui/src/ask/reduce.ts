// A conversation as the window holds it: its turns, and the one that the operator is at.
import type { DeskError, Exchange, Notice, Passage, Sentence } from "../backend/backend";
import { gone, type Heard, heard, kept, type Turn } from "./turns";

export type Conversation = {
  id: string | null;
  turns: Turn[];
  current: string | null;
  /** It was gone to by one of its questions. */
  sought: boolean;
  /** The customer at hand: from a new conversation to the next, and again when it is gone back to. */
  call: string;
  /** Of each conversation its call. */
  calls: Record<string, string>;
};

export const EMPTY: Conversation = { id: null, turns: [], current: null, sought: false, call: "", calls: {} };

/** What was found of a text, and in which passages where these are other than before. */
export type Found = { sentences: Sentence[]; passages?: Passage[]; notices?: Notice[] };

export type Action =
  | { do: "reset"; call: string }
  | { do: "show"; id: string; exchanges: Exchange[]; exchange?: string }
  | { do: "begin"; turn: Turn }
  /** The operator goes to another answer, and stays there until the next question. */
  | { do: "go to"; key: string }
  | { do: "event"; key: string; event: Heard }
  | { do: "asked"; key: string; exchange: Exchange | null }
  | { do: "going on"; key: string }
  | { do: "went on"; key: string; exchange: Exchange | null }
  | { do: "failed"; key: string; error: DeskError }
  | { do: "painted"; key: string; ms: number }
  | ({ do: "edited"; key: string; text: string; confirmed: string[] } & Found)
  | { do: "labelled"; key: string; exchange: Exchange };

export function reduce(c: Conversation, a: Action): Conversation {
  const change = (key: string, f: (t: Turn) => Turn) => ({
    ...c,
    turns: c.turns.map((t) => (t.key === key ? f(t) : t)),
  });
  switch (a.do) {
    case "reset":
      return { ...EMPTY, call: a.call, calls: c.calls };
    case "show":
      return {
        id: a.id,
        turns: a.exchanges.map(kept),
        current: a.exchange ?? a.exchanges.at(-1)?.id ?? null,
        sought: a.exchange !== undefined,
        call: c.calls[a.id] ?? a.id,
        calls: c.calls,
      };
    case "begin":
      // Where nothing was written after all, nothing stays.
      return { ...c, turns: [...c.turns.filter((t) => !t.own || t.text.trim() !== ""), a.turn], current: a.turn.key };
    case "go to":
      return c.current === a.key ? c : { ...c, current: a.key };
    case "event":
      return change(a.key, (t) => heard(t, a.event));
    case "asked":
      // The operator began anew meanwhile: the late answer belongs to the conversation that was left.
      if (!c.turns.some((t) => t.key === a.key)) return c;
      return {
        ...change(a.key, (t) => ({ ...t, exchange: a.exchange })),
        id: a.exchange?.conversation ?? c.id,
        calls: a.exchange ? { ...c.calls, [a.exchange.conversation]: c.call } : c.calls,
      };
    case "going on":
      return change(a.key, (t) => ({
        ...t,
        state: "running",
        notices: t.notices.filter((n) => n.about !== "generation"),
      }));
    case "went on":
      // Where it failed, what has come since is still there to be worked with.
      return change(a.key, (t) => ({ ...t, state: "done", ...(a.exchange && gone(t, a.exchange)) }));
    case "failed":
      return change(a.key, (t) => ({ ...t, state: "failed", error: a.error }));
    case "painted":
      return change(a.key, (t) => ({ ...t, paintMs: a.ms }));
    case "edited":
      return change(a.key, (t) => ({
        ...t,
        text: a.text,
        confirmed: a.confirmed,
        sentences: a.sentences,
        passages: a.passages ?? t.passages,
        notices: a.notices ?? t.notices,
      }));
    case "labelled":
      return change(a.key, (t) => ({ ...t, exchange: a.exchange }));
  }
}
