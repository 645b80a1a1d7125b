// The words of what a question is about and its sources are not, and of what stands before an answer.
import type { Missing } from "../../backend/backend";
import { day } from "./format";

const either = new Intl.ListFormat("en", { type: "disjunction" });

/** A step as the program calls it: “step 9”, “a step after step 9”, “a last step”. */
const stepOf = (subject: string) => /^(?:a )?((?:last )?step\b.*)$/.exec(subject)?.[1] ?? null;

/** A step is missing in a document, anything else in all that was found. */
const isStep = (m: Missing) => m.nearest !== null && stepOf(m.subject) !== null;

export const subjects = {
  missing: (all: Missing[]) => {
    const steps = all.filter(isStep).map((m) => `“${m.nearest}” has no ${stepOf(m.subject)}.`);
    const others = all.filter((m) => !isStep(m));
    const names = either.format(others.map((m) => m.subject));
    // Named somewhere, it is only not in what was found.
    const where = others.every((m) => m.nowhere) ? "here" : "found";
    return [...steps, ...(names ? [`Nothing ${where} is about ${names}.`] : [])].join(" ");
  },
  nearestSubject: (all: Missing[]) => {
    const near = new Set(all.filter((m) => !isStep(m)).flatMap((m) => m.nearest ?? []));
    return near.size === 0
      ? null
      : `Nearest: ${[...near].join(", ")}, ${near.size === 1 ? "which is another" : "which are others"}.`;
  },
  missingWhy: (all: Missing[], near: boolean) =>
    all.length > 0 && all.every(isStep)
      ? "No answer was written, because another step would be wrong. Read the steps in the document itself."
      : `No answer was written, because what is said of another may be wrong here.${near ? " This is what came nearest; it was not used." : ""}`,
  lacks: (subjects: string[]) => {
    const step = subjects.map(stepOf).find((s) => s !== null);
    return step ? `has no ${step}` : `not about ${either.format(subjects)}`;
  },

  emergency: "This may be an emergency.",
  emergencySourced: "Below is what the sources say to do; it is no answer to the question.",
  emergencyAlone: "No source says what to do in one; what is below is no answer to it.",
  inEmergency: "for an emergency",

  disagree: "Sources disagree",
  says: "says",
  nonePicked: "None was picked: check before you answer.",

  asOfDay: (iso: string) => `as of ${day(iso, "long")}, as the question says`,
  exception: (name: string) => `Exception: ${name}`,
};
