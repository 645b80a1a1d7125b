// A text from anywhere: typed or from the clipboard, marked, and held at the way out as an answer is.
import { EditorView } from "@codemirror/view";
import { act, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import { checkedOf, SECOND } from "../backend/fake";
import { asked, called, gate, open } from "../test-window";

const FIRST = "Code 75 means that the plan requires a prior authorization.";
const INVENTED = "An urgent request is decided within 12 hours.";

beforeEach(() => localStorage.clear());

const field = () => screen.findByLabelText("Your own words, editable");
const editor = () =>
  EditorView.findFromDOM([...document.querySelectorAll(".cm-editor")].at(-1) as HTMLElement) as EditorView;
const marks = () => [...document.querySelectorAll(".cm-line")].map((l) => l.getAttribute("data-mark"));
const type = (text: string) =>
  act(() => editor().dispatch({ changes: { from: editor().state.doc.length, insert: text } }));
const CHECK = "{Control>}e{/Control}";
const COPY = "{Control>}{Enter}{/Control}";
const noContrast = { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } };

async function checking(over: Parameters<typeof open>[0] = {}) {
  const opened = await open(over);
  await screen.findByText("What does the customer ask?");
  await opened.user.keyboard(CHECK);
  await field();
  return opened;
}

test("by key one types at once, and what is typed is marked and has its source beside", async () => {
  const { backend } = await checking();
  await waitFor(async () => expect(document.activeElement).toBe(await field()));
  type(`${FIRST}\n${INVENTED}`);
  expect(marks()).toEqual(["… being looked at", "… being looked at"]);
  await waitFor(() => expect(marks()).toEqual(["● verbatim", "▲ no source"]));
  expect(within(screen.getByLabelText("Passages")).getByText(/Reject 75/)).toBeTruthy();
  await waitFor(() => expect(document.querySelector("mark")?.textContent).toBe(FIRST));
  // Nothing was asked, nothing is kept, and there is nothing to label or to compare with.
  expect(called(backend.calls, "ask").concat(called(backend.calls, "saveText"))).toEqual([]);
  expect(screen.queryByText("Good") ?? screen.queryByText(/^Compare/)).toBeNull();
  expect((await axe.run(document.body, noContrast)).violations).toEqual([]);
});

test("it is held at the way out, and goes out as decided", async () => {
  const { backend, user } = await checking();
  type(`${FIRST}\n${INVENTED}`);
  await waitFor(() => expect(marks()[1]).toBe("▲ no source"));
  await user.keyboard(COPY);
  expect(await screen.findByText(/Before you copy: 1 sentence has no source/)).toBeTruthy();
  expect(called(backend.calls, "copy")).toEqual([]);
  await user.click(screen.getByText("Drop it"));
  await user.keyboard(COPY);
  await waitFor(() => expect(called(backend.calls, "copy")).toEqual([["copy", null, FIRST, []]]));
});

test("copying waits for what is still being looked at", async () => {
  const { wait, go } = gate();
  const { backend, user } = await checking({
    check: async (text) => {
      await wait;
      return checkedOf(text);
    },
  });
  type(FIRST);
  await user.keyboard(COPY);
  await new Promise((done) => setTimeout(done, 300));
  expect(called(backend.calls, "copy")).toEqual([]);
  expect(marks()).toEqual(["… being looked at"]);
  go();
  await waitFor(() => expect(called(backend.calls, "copy").length).toBe(1));
  await waitFor(() => expect(marks()).toEqual(["● verbatim"]));
});

test("from the clipboard it is checked as it comes, with its sources on the way out", async () => {
  const { backend, user } = await open({ pasted: async () => FIRST });
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText(/^A command/), "on the clipboard{Enter}");
  await waitFor(() => expect(marks()).toEqual(["● verbatim"]));
  await user.keyboard("{Control>}{Shift>}{Enter}{/Shift}{/Control}");
  await waitFor(() => expect(called(backend.calls, "copy")[0]?.[2]).toMatch(/^Code 75.*\n\nSources:\n- Reject 75/));
});

test("a clipboard without text says so and changes nothing", async () => {
  const { user } = await open({
    pasted: async () => {
      throw { code: "failed", message: "There is no text on the clipboard: it is empty" };
    },
  });
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}{Shift>}e{/Shift}{/Control}");
  expect(await screen.findByText(/no text on the clipboard/)).toBeTruthy();
  expect(screen.queryByLabelText("Your own words, editable")).toBeNull();
});

test("beside a conversation: the next question is of it, and an empty text leaves nothing behind", async () => {
  const { backend, user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard(CHECK);
  await field();
  await user.keyboard(CHECK);
  expect((await screen.findAllByLabelText("Your own words, editable")).length).toBe(1);
  await user.keyboard(COPY);
  await user.keyboard("{Control>}r{/Control}{Control>}g{/Control}");
  await user.type(screen.getByLabelText("Question"), `and 76?{Enter}`);
  await waitFor(() => expect(called(backend.calls, "ask").at(-1)).toEqual(["ask", "and 76?", "e0"]));
  expect(called(backend.calls, "ask").length).toBe(2);
  expect(screen.queryByLabelText("Your own words, editable")).toBeNull();
  expect(called(backend.calls, "copy")).toEqual([]);
});

test("what a checking model doubts says so, and where it failed the rules' marks are said to be theirs alone", async () => {
  const doubted = { kind: "doubted" as const, model: "minicheck" };
  const notice = {
    about: "checking" as const,
    fault: "slow" as const,
    message: "the checking model took more than 5 s",
  };
  await checking({
    check: async (text) => {
      const found = checkedOf(text);
      const sentences = found.sentences.map((s) => ({ ...s, grounding: "unsupported" as const, problem: doubted }));
      return { ...found, sentences, notices: [notice] };
    },
  });
  type(FIRST);
  expect(await screen.findByText(/minicheck does not find it in the source/)).toBeTruthy();
  expect(screen.getByText(/Marked by the rules alone/)).toBeTruthy();
});

test("another release checks it anew", async () => {
  let known = true;
  const { backend } = await checking({
    check: async (text) =>
      known ? checkedOf(text) : { ...checkedOf(text), sentences: checkedOf(`x${text}`).sentences },
  });
  type(SECOND);
  await waitFor(() => expect(marks()).toEqual(["● verbatim"]));
  known = false;
  const before = called(backend.calls, "since").length;
  act(() => backend.release({ release: "def" }));
  await waitFor(() => expect(marks()).not.toEqual(["● verbatim"]));
  expect(called(backend.calls, "since").length).toBe(before);
});
