// The words of a question and of what becomes of it.
import { plural } from "./format";

/** How many sentences have which mark. */
type Counted = (readonly [mark: string, sentences: number])[];

const listed = (marks: Counted) => marks.map(([mark, n]) => `${plural(n, "sentence", "sentences")} ${mark}`).join(", ");

export const ask = {
  askPlaceholder: "Ask a question, or a code, a form, an SOP…",
  followUpPlaceholder: "Ask a follow-up, or a code, a form, an SOP…",
  question: "Question",
  emptyTitle: "What does the customer ask?",
  emptyText: "Type it as the customer wrote it. Every sentence of the answer comes with its source.",
  try: "For example",
  firstStart: "First time here? Ask one question.",
  firstKeys: {
    ask: "asks what stands in the field below",
    copy: "copies the answer, once every sentence has its source",
    find: "does or finds anything",
  },
  firstHelp: ["All keys:", "at any time."] as const,

  searching: "Looking through the knowledge…",
  writing: "Writing…",
  stop: "Stop",
  stopped: "Stopped. What is here was kept.",
  askAgain: "Ask again",
  goOn: "Go on",
  askedAs: (q: string) => `Searched for “${q}”`,
  found: (n: number, ms: number) => `${plural(n, "source", "sources")} in ${Math.max(1, Math.round(ms))} ms`,
  answeredBy: (model: string, ms: number) => {
    const time = ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
    return model === "verbatim" ? `answered in the sources’ own words in ${time}` : `answered by ${model} in ${time}`;
  },
  noModel: "no model was asked",
  passages: "Passages",
  toldFound: (n: number) => `${plural(n, "source", "sources")} found.`,
  toldAnswer: (marks: Counted) => `The answer is there: ${listed(marks)}.`,
  toldRefused: (why: string) => `No answer. ${why}`,
  toldMark: (sentence: string, mark: string) => `“${sentence}” is now marked: ${mark}.`,
  toldMarks: (marks: Counted) => `Marks changed: ${listed(marks)}.`,
  ownWords: "Your own words",
  ownEditor: "Your own words, editable",
  ownAgainst: "Each sentence is held against the knowledge",
  ownPlaceholder: "Type or paste a text from anywhere. Every sentence is marked with what it stands on.",
  ownNotKept: "Not kept: it goes with this conversation.",
  wholeQuestion: "Show the whole question",
  lessOfIt: "Show less of it",
  stillInField: "Your question is still in the field below.",
  failed: "That did not work",
};
