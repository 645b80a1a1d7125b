// A conversation as the window holds it: turns, each a question on its way to an answer.
import { useCallback, useReducer, useRef } from "react";
import { flushSync } from "react-dom";
import {
  type Answer,
  asError,
  type DeskError,
  type Event,
  type Exchange,
  type Notice,
  type Passage,
  type Sentence,
} from "../backend/backend";
import { useBackend } from "../backend/context";
import { type Coming, createComing } from "./coming";

export type Turn = {
  key: string;
  question: string;
  state: "searching" | "running" | "done" | "failed";
  passages: Passage[];
  /** Nothing is written from the passages: known with them, or at the end, where the model itself says so. */
  refused: boolean;
  askedAs: string | null;
  notices: Notice[];
  retrieveMs: number;
  /** From Enter to passages on the screen, measured. */
  paintMs: number | null;
  startedAt: number;
  /** Shown while it runs. */
  coming: Coming;
  draft: string;
  text: string;
  sentences: Sentence[];
  confirmed: string[];
  answer: Answer | null;
  exchange: Exchange | null;
  error: DeskError | null;
};

export type Conversation = { id: string | null; turns: Turn[] };

type Action =
  | { do: "reset" }
  | { do: "show"; id: string; exchanges: Exchange[] }
  | { do: "begin"; turn: Turn }
  | { do: "event"; key: string; event: Heard }
  | { do: "asked"; key: string; exchange: Exchange | null }
  | { do: "going on"; key: string }
  | { do: "went on"; key: string; exchange: Exchange | null }
  | { do: "failed"; key: string; error: DeskError }
  | { do: "painted"; key: string; ms: number }
  | { do: "edited"; key: string; text: string; sentences: Sentence[]; confirmed: string[] }
  | { do: "labelled"; key: string; exchange: Exchange };

const blank = (key: string, question: string): Turn => ({
  key,
  question,
  state: "searching",
  passages: [],
  refused: false,
  askedAs: null,
  notices: [],
  retrieveMs: 0,
  paintMs: null,
  startedAt: performance.now(),
  coming: createComing(),
  draft: "",
  text: "",
  sentences: [],
  confirmed: [],
  answer: null,
  exchange: null,
  error: null,
});

const kept = (e: Exchange): Turn => ({
  ...blank(e.id, e.answer.question),
  state: "done",
  paintMs: 0,
  passages: e.answer.passages,
  refused: e.answer.abstained,
  askedAs: e.answer.asked_as,
  notices: e.answer.notices,
  retrieveMs: e.answer.timings_ms.embed + e.answer.timings_ms.retrieve,
  draft: e.answer.answer,
  text: e.text,
  sentences: e.answer.sentences,
  confirmed: e.confirmed,
  answer: e.answer,
  exchange: e,
});

/** The exchange after it went on; the grounding of an edited text is what came with its sentences. */
const gone = (t: Turn, e: Exchange): Partial<Turn> => ({
  exchange: e,
  answer: e.answer,
  refused: e.answer.abstained,
  notices: e.answer.notices,
  draft: e.answer.answer,
  text: e.text,
  sentences: e.text === e.answer.answer ? e.answer.sentences : t.sentences,
});

/** What changes a turn; words to come are told apart from it. */
type Heard = Exclude<Event, { event: "writing" }>;

export function heard(turn: Turn, event: Heard): Turn {
  switch (event.event) {
    case "passages":
      return {
        ...turn,
        state: "running",
        passages: event.passages,
        refused: event.refused,
        askedAs: event.asked_as,
        retrieveMs: event.retrieve_ms,
      };
    case "notice":
      return { ...turn, notices: [...turn.notices, event.notice] };
    case "text":
      // The two differ where an answer goes on that the operator has edited.
      return { ...turn, draft: turn.draft + event.piece, text: turn.text + event.piece };
    case "sentence":
      // The sentence at which an answer broke off comes again, whole.
      return {
        ...turn,
        sentences: [...turn.sentences.filter((s) => s.start !== event.sentence.start), event.sentence],
      };
    case "done":
      return {
        ...turn,
        state: "done",
        answer: event.answer,
        refused: event.answer.abstained,
        draft: event.answer.answer,
        text: event.answer.answer,
        sentences: event.answer.sentences,
        notices: event.answer.notices,
      };
    case "failed":
      return { ...turn, state: "failed", error: asError(event.message) };
  }
}

export function reduce(c: Conversation, a: Action): Conversation {
  const change = (key: string, f: (t: Turn) => Turn) => ({
    ...c,
    turns: c.turns.map((t) => (t.key === key ? f(t) : t)),
  });
  switch (a.do) {
    case "reset":
      return { id: null, turns: [] };
    case "show":
      return { id: a.id, turns: a.exchanges.map(kept) };
    case "begin":
      return { ...c, turns: [...c.turns, a.turn] };
    case "event":
      return change(a.key, (t) => heard(t, a.event));
    case "asked":
      // The operator began anew meanwhile: the late answer belongs to the conversation that was left.
      if (!c.turns.some((t) => t.key === a.key)) return c;
      return { ...change(a.key, (t) => ({ ...t, exchange: a.exchange })), id: a.exchange?.conversation ?? c.id };
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
      return change(a.key, (t) => ({ ...t, text: a.text, sentences: a.sentences, confirmed: a.confirmed }));
    case "labelled":
      return change(a.key, (t) => ({ ...t, exchange: a.exchange }));
  }
}

let counter = 0;

export function useConversation(onAsked: (kept: boolean) => void) {
  const backend = useBackend();
  const [conversation, dispatch] = useReducer(reduce, { id: null, turns: [] });
  const now = useRef(conversation);
  now.current = conversation;
  const running = conversation.turns.some((t) => t.state === "searching" || t.state === "running");

  const hears = useCallback((turn: Turn) => {
    let behind = turn.draft.length;
    return (event: Event) => {
      if (event.event === "writing") return turn.coming.become({ text: event.text, behind });
      if (event.event === "text") behind += event.piece.length;
      const change = () => dispatch({ do: "event", key: turn.key, event });
      // The first words come right behind the passages: the card they stand in is made at once.
      if (event.event === "passages") flushSync(change);
      else change();
    };
  }, []);
  const ask = useCallback(
    async (question: string) => {
      const key = `turn-${++counter}`;
      const turn = blank(key, question);
      dispatch({ do: "begin", turn });
      try {
        const { exchange } = await backend.ask(question, now.current.id, hears(turn));
        dispatch({ do: "asked", key, exchange });
        onAsked(exchange !== null);
      } catch (e) {
        dispatch({ do: "failed", key, error: asError(e) });
      }
    },
    [backend, onAsked, hears],
  );
  const goOn = useCallback(
    async (turn: Turn, exchange: string, fail: (e: unknown) => void) => {
      const { key } = turn;
      // The card takes what comes only where it knows that it is written to, however busy the page is.
      flushSync(() => dispatch({ do: "going on", key }));
      const went = await backend.goOn(exchange, hears(turn)).catch((e) => {
        fail(e);
        return null;
      });
      dispatch({ do: "went on", key, exchange: went });
    },
    [backend, hears],
  );
  const show = useCallback(
    async (id: string) => dispatch({ do: "show", id, exchanges: await backend.conversation(id) }),
    [backend],
  );
  const reset = useCallback(() => dispatch({ do: "reset" }), []);
  return { conversation, running, ask, goOn, show, reset, dispatch };
}
