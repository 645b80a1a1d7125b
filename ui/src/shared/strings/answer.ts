// The words of an answer: its marks, what stands in its way out, its refusal, its label.
import type { Grounding, Missing, Problem, Reason, Stage } from "../../backend/backend";
import { plural } from "./format";
import { subjects } from "./subjects";

const short = (words: string) => (words.length > 60 ? `${words.slice(0, 58)}…` : words);

export const answer = {
  answer: "Answer, editable",
  grounding: {
    verbatim: "verbatim",
    supported: "supported",
    partial: "partial",
    unsupported: "no source",
    courtesy: "",
  } satisfies Record<Grounding, string>,
  mark: { verbatim: "●", supported: "◐", partial: "○", unsupported: "▲", courtesy: "" } satisfies Record<
    Grounding,
    string
  >,
  fromSource: (numbers: string) => `, source ${numbers}`,
  copy: "Copy",
  copied: (question: string, sources: boolean) => `Copied${sources ? " with sources" : ""}: “${short(question)}”`,
  withSources: "With sources",
  forCustomer: "For customer",
  nothingForCustomer: "Nothing here is for the customer: it stays as it is",
  compare: "Compare",
  comparing: "Hide the comparison",
  good: "Good",
  bad: "Bad",
  sources: "Sources:",
  problem: (p: Problem | null, sentence: string) => {
    const words = short(sentence);
    if (p?.kind === "missing") {
      const values = p.values.map((v) => `“${v}”`).join(", ");
      return `${values} ${p.values.length === 1 ? "stands" : "stand"} in none of the passages.`;
    }
    if (p?.kind === "negation") return `“${words}”: the passage says the opposite.`;
    if (p?.kind === "roles") return `“${words}”: in the passage ${p.people.join(" and ")} stand the other way round.`;
    if (p?.kind === "step") return `Before “${words}” a step is missing: “${p.left_out}”`;
    if (p?.kind === "doubted") return `“${words}”: ${p.model} does not find it in the source.`;
    if (p?.kind === "since") {
      const of = p.title ? `“${p.title}”` : "its source";
      if (p.state === "withdrawn") return `“${words}”: ${of} was withdrawn since.`;
      if (p.state === "expired") return `“${words}”: ${of} ran out since.`;
      return `“${words}”: ${of} changed since${p.now ? `; it now says “${p.now}”` : " and no longer says it"}.`;
    }
    if (p?.kind === "citation") return `“${words}” stands in another passage than the one that was named.`;
    return `“${words}” stands in no passage.`;
  },
  dropIt: "Drop it",
  editIt: "Edit it",
  keepAnyway: "Keep anyway",
  decided: (did: "dropped" | "kept", sentence: string, held: boolean) =>
    `${did === "dropped" ? "Dropped" : "Kept"}: “${short(sentence)}”${held && did === "dropped" ? " Nothing was copied yet." : ""}`,
  undo: "Undo",
  beforeCopying: (n: number, clauses: boolean) => {
    const what = clauses ? plural(n, "clause has", "clauses have") : plural(n, "sentence has", "sentences have");
    return `Before you copy: ${what} no source. Edit, drop or keep ${n === 1 ? "it" : "each"}.`;
  },
  states: { kept: "kept by you", looking: "being looked at", since: "no longer so" },
  keptByYou: (words: string) => `Kept by you: “${short(words)}”`,
  takeBack: "Take it back",
  lookingMark: "…",
  unknownToo: (codes: string[]) =>
    `${codes.length === 1 ? "Code" : "Codes"} ${codes.join(", ")} ${codes.length === 1 ? "is" : "are"} not in the knowledge.`,
  droppedMarks: (n: number) =>
    `${plural(n, "reference", "references")} to no passage ${n === 1 ? "was" : "were"} removed.`,

  notice: (about: Stage, incomplete: boolean) =>
    about === "embedding"
      ? "Searched by words and codes alone:"
      : about === "reranking"
        ? "Passages stand in the order of the search:"
        : about === "checking"
          ? "Marked by the rules alone:"
          : incomplete
            ? "The answer broke off; what is here was kept:"
            : "Answered with the sources’ own sentences:",

  refusal: (reason: Reason | null, codes: string[], missing: Missing[], tenant: string, day: string) => {
    const list = codes.join(", ");
    const one = codes.length === 1;
    if (reason === "other_subject" && missing.length > 0) return subjects.missing(missing);
    if (reason === "unknown_code")
      return `${one ? "Code" : "Codes"} ${list} ${one ? "is" : "are"} not in the ${tenant.toLowerCase()}’s knowledge.`;
    if (reason === "not_in_force")
      return `${one ? "Code" : "Codes"} ${list} ${one ? "is" : "are"} not in force on ${day}.`;
    return `No source of the ${tenant.toLowerCase()} covers this.`;
  },
  refusalWhy: (reason: Reason | null, alike: boolean) => {
    if (reason === "unknown_code")
      return alike
        ? "No answer was written, because a neighbouring code would be wrong. These codes look alike; check the claim before you use one."
        : "No answer was written, because a neighbouring code would be wrong. Check the code on the claim.";
    if (reason === "not_in_force")
      return "No answer was written, because its documents are expired or not yet effective.";
    return "No answer was written, because nothing found is near enough. This is what came nearest; it was not used.";
  },
  parts: "Questions of the message",
  partState: (open: boolean, done: boolean) => (open ? "no source" : done ? "answered" : "source found"),
  partNearest: "Nearest sources:",
  partNext: (reason: Reason | null) =>
    reason === "unknown_code"
      ? "Check the code on the claim."
      : reason === "not_in_force"
        ? "Ask for a document that is in force."
        : "Read what is nearest, or pass it on.",
  alike: (codes: string[]) => `Looks like ${codes.join(", ")}.`,
  noPart: (tenant: string) => `No source of the ${tenant.toLowerCase()} covers any of this.`,
  oneOff: "one character off",
  browseCodes: "Browse all codes",
  browseAll: "Browse",
  shouldHave: "This should have an answer",

  labelTitle: (good: boolean) => (good ? "This answer is good" : "This answer is bad"),
  labelRefusal: "This should have an answer",
  labelled: (good: boolean) => (good ? "Labelled good" : "Labelled bad"),
  reason: "Why",
  note: "Note for the developers of the models (no names of patients)",
  reasons: {
    good: { complete: "Complete", well_sourced: "The right source", clear: "Clear" },
    bad: {
      wrong: "Wrong",
      not_complete: "Something is missing",
      wrong_source: "The wrong source",
      out_of_date: "Out of date",
      badly_said: "Badly said",
      no_source: "It has no source",
      should_be_refused: "It should have been refused",
      other: "Something else",
    },
    refusal: {
      covered: "A document covers it",
      not_written: "A document should be written",
      misread: "The question was misread",
    },
  },
};
