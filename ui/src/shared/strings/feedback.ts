// The words of triage: what operators found, what became of it.
import type { LabelReason, NotYet, TriageState } from "../../backend/backend";
import { plural } from "./format";

export const triage = {
  feedback: "Feedback",
  found: "What operators found this fortnight",
  counts: (labels: number, bad: number) => `${plural(labels, "label", "labels")}, ${bad} bad · masked`,
  trend: (days: number, bad: number) => `Bad labels a day in ${days} days, ${bad} in all`,
  trendDay: (day: string, bad: number, good: number) => `${day}: ${bad} bad, ${good} good`,
  byDocument: "Documents and gaps",
  columns: { about: "document or gap", mostly: "mostly", labels: "labels", state: "state" },
  nothingAnswers: (question: string) => `Nothing answers: ${question}`,
  bad: (n: number) => `${n} bad`,
  badAndGood: (bad: number, good: number) => (good > 0 ? `${bad} bad, ${good} good` : `${bad} bad`),
  asked: (n: number) => `${n} asked`,
  states: {
    open: "open",
    fixed: "fixed, not verified",
    verified: "verified ✓",
    not_a_fault: "not a fault",
  } satisfies Record<TriageState, string>,
  done: "Done",
  views: {
    open: "By document",
    gaps: "Not answered",
    fixed: "Fixed, not verified",
    verified: "Verified",
    not_a_fault: "Not a fault",
  },
  view: (words: string, n: number) => `${words} · ${n}`,
  reasons: {
    wrong_source: "wrong source",
    out_of_date: "out of date",
    not_complete: "not complete",
    wrong: "wrong",
    badly_said: "badly said",
    no_source: "no source",
    should_be_refused: "should be refused",
    covered: "should have an answer",
    not_written: "not written yet",
    misread: "misread",
    complete: "complete",
    well_sourced: "well sourced",
    clear: "clear",
    other: "other",
  } satisfies Record<LabelReason, string>,
  anyReason: "Any reason",
  reason: "Reason",
  anyRelease: "Any release",
  release: "Release",
  anyOperator: "Any operator",
  operator: "Operator",
  panel: "Label",
  walk: "walk",
  itsAnswers: "its answers",
  fixedInKey: "fixed in",
  commands: {
    feedback: "Feedback: what operators found",
    nextFound: "Next document or gap",
    lastFound: "Previous document or gap",
    nextLabel: "Next or previous label of it",
    fixedIn: "Fixed in a document",
    notAFault: "Not a fault",
    reopen: "Open again",
    askAgain: "Ask the questions again",
    pull: "Read what arrived",
    leaveFeedback: "Back to the question",
  },
  reading: "Reading what arrived…",
  empty: "Nothing here.",
  emptyWhat: "Labels appear when operators' laptops have sent them.",
  look: "Read what arrived",
  pulled: (labels: number, decisions: number) =>
    `${plural(labels, "new label", "new labels")}, ${plural(decisions, "new decision", "new decisions")}`,
  noLabels: (n: number) => `${plural(n, "object", "objects")} in the bucket ${n === 1 ? "is" : "are"} no label`,
  offline: "Labels cannot be read now. What was read before is shown.",
  chooseOne: "Choose a document to see what was found.",
  askedOf: (release: string) => `Asked · release ${release}`,
  label: (n: number, of: number) => `Label ${n} of ${of}`,
  edited: "edited",
  note: "Note",
  was: (release: string) => `Then · ${release}`,
  is: (release: string) => `Today · ${release}`,
  same: "says the same",
  became: { withdrawn: "is withdrawn", expired: "is no longer in force", changed: "is otherwise" },
  fixedIn: "Fixed in",
  fixedInWhat: "Which document says it right now? It is verified once the question comes from there.",
  document: "Document",
  notAFault: "Not a fault",
  why: "Why it is none",
  reopen: "Open again",
  askAgain: "Ask again",
  asking: "Asking again…",
  comeRight: (right: number, of: number) => `${right} of ${of} come right`,
  notYet: (why: NotYet): string => {
    switch (why.why) {
      case "same_release":
        return "This is the release that the label is about: publish the fix first.";
      case "no_document":
        return "This release has no such document.";
      case "refused":
        return "Nothing is answered.";
      case "answered":
        return "It is answered, and should be refused.";
      case "other_source":
        return `It comes from “${why.title}”.`;
      case "same_words":
        return "The document says there what it said.";
    }
  },
};
