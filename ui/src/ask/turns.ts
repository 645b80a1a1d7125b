// A turn as the window holds it: a question on its way to an answer.
import type { Answer, DeskError, Event, Exchange, Notice, Passage, QuestionPart, Sentence } from "../backend/backend";
import { type Coming, createComing } from "./coming";

export type Turn = {
  key: string;
  question: string;
  /** The operator's own words, or anybody's: nothing was asked, and the text is held against all that is known. */
  own: boolean;
  state: "searching" | "running" | "done" | "failed";
  passages: Passage[];
  /** Nothing is written from the passages: known with them, or at the end, where the model itself says so. */
  refused: boolean;
  askedAs: string | null;
  /** The questions of a message that asks several: empty where it asks one. */
  parts: QuestionPart[];
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

export const blank = (key: string, question: string): Turn => ({
  key,
  question,
  own: false,
  state: "searching",
  passages: [],
  refused: false,
  askedAs: null,
  parts: [],
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

/** A text to be checked: there is nothing to wait for. */
export const own = (key: string, text: string): Turn => ({
  ...blank(key, ""),
  own: true,
  state: "done",
  paintMs: 0,
  text,
});

export const kept = (e: Exchange): Turn => ({
  ...blank(e.id, e.answer.question),
  state: "done",
  paintMs: 0,
  passages: e.answer.passages,
  refused: e.answer.abstained,
  askedAs: e.answer.asked_as,
  parts: e.answer.parts,
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
export const gone = (t: Turn, e: Exchange): Partial<Turn> => ({
  exchange: e,
  answer: e.answer,
  refused: e.answer.abstained,
  parts: e.answer.parts,
  notices: e.answer.notices,
  draft: e.answer.answer,
  text: e.text,
  sentences: e.text === e.answer.answer ? e.answer.sentences : t.sentences,
});

/** What changes a turn; words to come are told apart from it. */
export type Heard = Exclude<Event, { event: "writing" }>;

export function heard(turn: Turn, event: Heard): Turn {
  switch (event.event) {
    case "passages":
      return {
        ...turn,
        state: "running",
        passages: event.passages,
        refused: event.refused,
        askedAs: event.asked_as,
        parts: event.parts,
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
        parts: event.answer.parts,
        draft: event.answer.answer,
        text: event.answer.answer,
        sentences: event.answer.sentences,
        notices: event.answer.notices,
      };
    case "failed":
      return { ...turn, state: "failed", error: { code: "failed", message: event.message } };
  }
}
