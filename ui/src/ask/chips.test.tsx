// One chip a document, numbered without gaps, and what was used looks other than what was found.
import { screen, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { Passage } from "../backend/backend";
import { answerTo, grounded, passage } from "../backend/fake";
import { asked } from "../test-window";
import { numbersOf, renumbered, sourcesOf } from "./sources-of";

beforeEach(() => localStorage.clear());

const FIRST = "Code 75 means that the plan requires a prior authorization.";

let at = 0;
const of = (document: string, over: Partial<Passage> = {}): Passage => {
  at += 1;
  return { ...passage, id: `${document}#${at}`, document, number: at, title: `Title of ${document}`, ...over };
};

const sources = (passages: Passage[], cited: string[] = []) =>
  sourcesOf({
    passages,
    answer: null,
    sentences: grounded(FIRST).flatMap((s) =>
      cited.map((document) => ({ ...s, citations: s.citations.map((c) => ({ ...c, document, number: 9 })) })),
    ),
  });

const shown = (passages: Passage[], cited: string[] = []) =>
  sources(passages, cited).map((s) => [s.number, s.passage.document, s.used, s.apart]);

test.each<[string, Passage[], string[], unknown[]]>([
  [
    "one a document",
    [of("a"), of("b"), of("a")],
    [],
    [
      [1, "a", false, null],
      [2, "b", false, null],
    ],
  ],
  [
    "no gap for what carries nothing",
    [of("a", { carries: false }), of("b"), of("c")],
    [],
    [
      [1, "b", false, null],
      [2, "c", false, null],
    ],
  ],
  [
    "what is used",
    [of("a"), of("b")],
    ["b"],
    [
      [1, "a", false, null],
      [2, "b", true, null],
    ],
  ],
  [
    "cited though it carries nothing, it comes last",
    [of("a", { carries: false }), of("b")],
    ["a"],
    [
      [1, "b", false, null],
      [2, "a", true, null],
    ],
  ],
  [
    "titles that begin alike are told apart by their heading, or by what they are",
    [
      of("a", { title: "SOP 14: starting a prior authorization", heading_path: ["SOP", "Urgent"] }),
      of("b", { title: "SOP 14: Starting a prior authorization for pets", kind: "sop", version: "3" }),
      of("c"),
    ],
    [],
    [
      [1, "a", false, "Urgent"],
      [2, "b", false, "SOP, version 3"],
      [3, "c", false, null],
    ],
  ],
])("%s", (_, passages, cited, expected) => expect(shown(passages, cited)).toEqual(expected));

test("a document is an exception where one of its passages is", () => {
  expect(sources([of("a"), of("a", { case: "controlled" }), of("b")]).map((s) => s.exception)).toEqual([
    "controlled",
    null,
  ]);
});

test("citations have the numbers of the chips, whatever the passages had", () => {
  const found = sources([of("x", { carries: false }), of("y"), of(passage.document)]);
  const numbered = renumbered(grounded(FIRST), numbersOf(found));
  expect(numbered[0]?.citations.map((c) => c.number)).toEqual([2]);
});

test("chips, the marks of the answer and the numbers beside its words count alike", async () => {
  const other = of("other", { title: "Another" });
  const passages = [
    { ...passage, id: "low#0", document: "low", carries: false },
    other,
    passage,
    { ...passage, id: "reject-75#1" },
  ];
  await asked({ answer: (q) => ({ ...answerTo(q, FIRST), passages }) });
  await screen.findByText("Copy");
  const chips = within(screen.getByLabelText("Passages")).getAllByRole("button");
  expect(chips.map((c) => c.textContent)).toEqual(["1Another", `2${passage.title}, used`]);
  expect(chips.map((c) => c.dataset.used ?? null)).toEqual([null, "true"]);
  expect(document.querySelector("[data-cite]")?.getAttribute("data-cite")).toBe("2");
  expect(document.querySelector(".cm-said")?.textContent).toBe("● verbatim, source 2");
});
