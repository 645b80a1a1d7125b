// What is other, as one list: what hurts first. Nothing is drawn here.
import type {
  AnsweredOtherwise,
  Became,
  Changed,
  FactChange,
  Marked,
  Named,
  Reviewed,
  Rule,
  Weighed,
} from "../backend/backend";
import { strings } from "../shared/strings";

export type Group = "facts" | "answers" | "documents";
export type Tone = "bad" | "warn" | "good" | "soft";

export type Row = {
  /** Stays the same when it is compared again. */
  key: string;
  group: Group;
  what: string;
  tone: Tone;
  title: string;
  short: string;
  of:
    | { kind: "answer"; question: AnsweredOtherwise; rule: Rule | null }
    | { kind: "fact"; fact: FactChange; title: string }
    | { kind: "changed"; changed: Changed }
    | { kind: "other"; documents: string[] };
};

const words = strings.reviewing;

const TONES: Record<Became, Tone> = {
  unanswered: "bad",
  other_facts: "bad",
  disputed: "bad",
  answered: "good",
  reworded: "soft",
  reordered: "soft",
};

/** Whether somebody must look at it. */
export const hurts = (row: Row) =>
  row.of.kind === "answer" && (row.of.rule !== null || TONES[row.of.question.became] === "bad");

export function rowsOf({ difference: d, comparison }: Weighed): Row[] {
  const titles = new Map(d.changed.map((c) => [c.document, c.title]));
  const facts = d.facts.map((fact, n): Row => {
    const title = titles.get(fact.document) ?? fact.document;
    return {
      key: `fact ${fact.document} ${n}`,
      group: "facts",
      what: words.facts.fact,
      tone: "bad",
      title,
      short: arrow(fact.was, fact.is),
      of: { kind: "fact", fact, title },
    };
  });
  const codes = [
    ...d.codes_lost.map((c) => code(c.code, c.documents, words.facts.codeLost, "bad")),
    ...d.codes_new.map((c) => code(c.code, c.documents, words.facts.codeNew, "good")),
  ];
  const broken = (comparison?.broken ?? []).map(({ rule, ...question }) => answer(question, rule));
  const changed = (comparison?.changed ?? []).map((question) => answer(question, null));
  return [
    ...codes.filter((c) => c.tone === "bad"),
    ...facts,
    ...codes.filter((c) => c.tone !== "bad"),
    ...broken,
    ...changed,
    ...documents(d),
  ];
}

const arrow = (was: string | null, is: string | null) => `${was ?? words.nothing} → ${is ?? words.nothing}`;

function code(name: string, documents: string[], what: string, tone: Tone): Row {
  return {
    key: `code ${name}`,
    group: "facts",
    what,
    tone,
    title: name,
    short: documents.join(", "),
    of: { kind: "other", documents },
  };
}

/** A question with all that tells it from another of the same words. */
export const reviewedOf = ({ ask, after, as_of }: Reviewed): Reviewed => ({ ask, after, as_of });

const keyOf = ({ ask, after, as_of }: Reviewed) => JSON.stringify([ask, after, as_of]);

function answer(question: AnsweredOtherwise, rule: Rule | null): Row {
  return {
    key: `answer ${keyOf(question)}`,
    group: "answers",
    what: rule ? words.rules[rule] : words.became[question.became],
    tone: rule ? "bad" : TONES[question.became],
    title: question.ask,
    short: inShort(question),
    of: { kind: "answer", question, rule },
  };
}

function inShort({ a, b, facts, became }: AnsweredOtherwise): string {
  if (a.abstained !== b.abstained)
    return [a, b].map((s) => (s.abstained ? words.notAnswered : words.isAnswered)).join(" → ");
  const [first] = facts;
  if (first) return arrow(...first);
  return became === "reordered" ? words.sameAnswer : words.sameFacts;
}

function documents(d: Weighed["difference"]): Row[] {
  const are = words.documentsAre;
  const named = (list: Named[], what: string, tone: Tone) =>
    list.map(({ document, title }): Row => {
      const of: Row["of"] = { kind: "other", documents: [document] };
      return { key: `${what} ${document}`, group: "documents", what, tone, title, short: document, of };
    });
  return [
    ...named(d.withdrawn, are.withdrawn, "warn"),
    ...named(d.ends, are.ends, "warn"),
    ...d.changed.map(
      (changed): Row => ({
        key: `changed ${changed.document}`,
        group: "documents",
        what: are.changed,
        tone: "soft",
        title: changed.title,
        short: changed.document,
        of: { kind: "changed", changed },
      }),
    ),
    ...d.renamed.map(
      ({ from, to, title }): Row => ({
        key: `renamed ${to}`,
        group: "documents",
        what: are.renamed,
        tone: "soft",
        title,
        short: `${from} → ${to}`,
        of: { kind: "other", documents: [from, to] },
      }),
    ),
    ...named(d.added, are.added, "good"),
    ...named(d.begins, are.begins, "good"),
  ];
}

/** What was said of a row. */
export function marksOf(row: Row, review: Marked[]): Marked[] {
  if (row.of.kind !== "answer") return [];
  const key = keyOf(row.of.question);
  return review.filter((m) => keyOf(m) === key);
}

/** So much of it has been looked at, and by how many. */
export function reviewed(rows: Row[], review: Marked[]) {
  const hurting = rows.filter(hurts);
  const marks = rows.flatMap((r) => marksOf(r, review));
  return {
    done: hurting.filter((r) => marksOf(r, review).length > 0).length,
    of: hurting.length,
    people: new Set(marks.map((m) => m.by)).size,
  };
}

/** The documents that an answer may be another because of: those that either side found first. */
export function because(question: AnsweredOtherwise, changed: Changed[]): Changed[] {
  const first = [...question.expected, question.a.found[0], question.b.found[0]];
  return changed.filter((c) => first.includes(c.document));
}
