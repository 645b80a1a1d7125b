// A sentence of several claims is decided about clause by clause; and what its source no longer says is held.
import { EditorView } from "@codemirror/view";
import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { Sentence } from "../backend/backend";
import { answerTo, grounded } from "../backend/fake";
import { asked, called } from "../test-window";

const FIRST = "Code 75 means that the plan requires a prior authorization";
const WRONG = "and it is decided within 12 hours";
const WRONG_TOO = "but nobody must wait.";
const ALL = `${FIRST}, ${WRONG}, ${WRONG_TOO}`;

beforeEach(() => localStorage.clear());

/** Sentences of which each clause that is not the first has no source. */
function inClauses(text: string): Sentence[] {
  return grounded(text).map((s) => {
    if (s.grounding !== "unsupported") return s;
    let at = s.start;
    const parts = s.text.split(/(?<=,) /);
    if (parts.length < 2) return s.text.startsWith(FIRST) ? { ...s, grounding: "supported", problem: null } : s;
    const claims = parts.map((words) => {
      const stands = words.startsWith(FIRST);
      const claim = { start: at, end: at + words.length, citations: [], problem: stands ? null : s.problem };
      at = claim.end + 1;
      return { ...claim, grounding: stands ? ("supported" as const) : ("unsupported" as const) };
    });
    return { ...s, claims };
  });
}

const view = () => EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement) as EditorView;
const text = () => view().state.doc.toString();
const mark = () => document.querySelector(".cm-line")?.getAttribute("data-mark");
const COPY = "{Control>}{Enter}{/Control}";

async function answered(words = ALL) {
  const opened = await asked({
    answer: (q) => ({ ...answerTo(q, words), sentences: inClauses(words) }),
    ground: async (now) => inClauses(now),
  });
  await screen.findAllByText("Drop it");
  return { ...opened, copies: () => called(opened.backend.calls, "copy") };
}

test("the gate speaks of clauses, and each is kept by itself", async () => {
  const { user, copies } = await answered();
  await user.keyboard(COPY);
  expect(await screen.findByText(/Before you copy: 2 clauses have no source/)).toBeTruthy();
  await user.click(screen.getAllByText("Keep anyway")[0] as HTMLElement);
  await waitFor(() => expect(screen.getByText(/1 clause has no source/)).toBeTruthy());
  expect(mark()).toBe("▲ no source");
  expect([...document.querySelectorAll(".t-confirmed")].map((e) => e.textContent)).toEqual([`${WRONG},`]);
  await user.click(screen.getByText("Keep anyway"));
  await waitFor(() => expect(copies()).toEqual([["copy", "e0", ALL, [`${WRONG},`, WRONG_TOO]]]));
  expect(mark()).toBe("○ kept by you");
});

test("what was kept before can be taken back by itself, and holds the next copy again", async () => {
  const { user, copies } = await answered();
  await user.click(screen.getAllByText("Keep anyway")[0] as HTMLElement);
  await user.click(await screen.findByText("Keep anyway"));
  await waitFor(() => expect(mark()).toBe("○ kept by you"));
  await user.click(await screen.findByText("Take it back"));
  await waitFor(() => expect(mark()).toBe("▲ no source"));
  await user.keyboard(COPY);
  expect(await screen.findByText(/1 clause has no source/)).toBeTruthy();
  expect(copies()).toEqual([]);
});

test.each([
  [ALL, 0, `${FIRST}, ${WRONG_TOO}`],
  [ALL, 1, `${FIRST}, ${WRONG}.`],
  [`it is decided within 12 hours, and ${FIRST}.`, 0, `And ${FIRST}.`],
])("of “%s” clause %i is dropped and the rest is a sentence", async (words, nth, rest) => {
  const { user } = await answered(words);
  await user.click(screen.getAllByText("Drop it")[nth] as HTMLElement);
  expect(text()).toBe(rest);
  await user.click(await screen.findByText("Undo"));
  expect(text()).toBe(words);
});

test.each([
  ["changed", /changed since; it now says “Code 75 means another thing\.”/, /^Changed since this answer/],
  ["withdrawn", /was withdrawn since\./, /Withdrawn since this answer/],
  ["expired", /ran out since\./, /Ran out since this answer/],
] as const)(
  "a source that is %s takes the mark at once, and holds the copy with what is different",
  async (state, why, banner) => {
    const { backend, user } = await asked();
    await waitFor(() => expect(mark()).toBe("● verbatim"));
    act(() => backend.release({ release: "def" }, [{ document: "reject-75", state }]));
    await waitFor(() => expect(mark()).toBe("▲ no longer so"));
    expect(await screen.findByText(why)).toBeTruthy();
    expect(screen.getByText(banner)).toBeTruthy();
    await user.keyboard(COPY);
    expect(await screen.findByText(/Before you copy/)).toBeTruthy();
    expect(called(backend.calls, "copy")).toEqual([]);
    // As it was stands beside.
    await user.click(within(screen.getByLabelText("Passages")).getByRole("button"));
    if (state === "withdrawn") expect(await screen.findByText("As it was found for this answer")).toBeTruthy();
  },
);
