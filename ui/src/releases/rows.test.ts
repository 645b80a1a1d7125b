// The list of what is other, as data.
import { expect, test } from "vitest";
import type { Marked } from "../backend/backend";
import { lost, nothingOther, number, reworded, weighed } from "../backend/fake-releases";
import { sidesOf } from "./reviewing";
import { because, hurts, marksOf, reviewed, rowsOf } from "./rows";

const said = (ask: string, by: string, over: Partial<Marked> = {}): Marked => ({
  ask,
  after: null,
  as_of: null,
  mark: "wanted",
  note: "",
  by,
  at: "2026-11-27T10:00:00Z",
  ...over,
});

test("what hurts comes first: codes, numbers, broken rules, then other answers, then documents", () => {
  expect(rowsOf(weighed).map((r) => `${r.group}: ${r.what}: ${r.title}: ${r.short}`)).toEqual([
    "facts: Code lost: reject 75: reject-75",
    "facts: Other fact: Refunds: $50 → $500",
    "answers: Code lost: What does reject 75 mean?: answered → not answered",
    "answers: Other facts: How much may an operator refund?: $50 → $500",
    "answers: Reworded: How long does a refund take?: same facts",
    "documents: Withdrawn: How do I use a paper coupon?: coupon",
    "documents: Changed: Refunds: refund",
    "documents: Renamed: When are we open?: hours → opening-hours",
    "documents: New: GLP-1 starter programme: glp-1",
  ]);
  expect(rowsOf(nothingOther)).toEqual([]);
});

test("every row has a key of its own, also where a document has two facts", () => {
  const [fact] = weighed.difference.facts;
  if (!fact) throw new Error("the sample has a fact");
  const twice = { ...weighed, difference: { ...weighed.difference, facts: [fact, fact] } };
  const keys = rowsOf(twice).map((r) => r.key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("a mark is of a question with its day and the question before it", () => {
  const [row] = rowsOf(weighed).filter((r) => r.of.kind === "answer");
  if (!row) throw new Error("the sample has an answer");
  const mine = said(lost.ask, "anna");
  const others = [
    said(number.ask, "anna"),
    said(lost.ask, "ben", { as_of: "2026-10-01" }),
    said(lost.ask, "ben", { after: "before" }),
  ];
  expect(marksOf(row, [...others, mine])).toEqual([mine]);
});

test("what must be looked at is what hurts; people are counted once", () => {
  const rows = rowsOf(weighed);
  expect(rows.filter(hurts).map((r) => r.title)).toEqual([lost.ask, number.ask]);
  expect(reviewed(rows, [])).toEqual({ done: 0, of: 2, people: 0 });
  const marks = [said(lost.ask, "anna"), said(reworded.ask, "anna"), said(lost.ask, "ben"), said("gone", "carl")];
  expect(reviewed(rows, marks)).toEqual({ done: 1, of: 2, people: 2 });
});

test("an answer is another because of the documents that either side found first", () => {
  expect(because(number, weighed.difference.changed).map((c) => c.document)).toEqual(["refund"]);
  expect(because(lost, weighed.difference.changed)).toEqual([]);
});

test.each([
  [["live", "preview"], null, { from: "preview", to: "live" }],
  [["preview", "live", "beta"], "beta", { from: "preview", to: "live" }],
  [["a", "b"], "b", { from: "a", to: "b" }],
  [["a", "b"], null, { from: "b", to: "a" }],
  [["live"], "live", null],
  [[], null, null],
])("of the channels %j for a device of %s", (channels, own, sides) => {
  expect(sidesOf(channels, own)).toEqual(sides);
});
