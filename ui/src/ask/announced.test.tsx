// What is told to whoever does not see the window, and how its controls are called.
import { EditorView } from "@codemirror/view";
import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { answerTo, fake, passage, passagesFound, SECOND } from "../backend/fake";
import { shortcut } from "../shared/ui";
import { asked, gate, open } from "../test-window";

beforeEach(() => localStorage.clear());

const FIRST = "Code 75 means that the plan requires a prior authorization.";
const told = () => document.querySelector("[data-told][aria-live=polite]")?.textContent;
const hear = (words: string) => waitFor(() => expect(told()).toBe(words));

test("found, then done, and again for the next question", async () => {
  const { wait, go } = gate();
  const base = fake({ answer: (q) => answerTo(q, `${FIRST}\nMade up.`) });
  const { user } = await asked({
    ask: async (question, conversation, onEvent) => {
      onEvent(passagesFound([passage, { ...passage, id: "reject-75#1" }, { ...passage, id: "x#0", carries: false }]));
      if (question === "What is 75?") await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  await hear("1 source found.");
  go();
  await hear("The answer is there: 1 sentence verbatim, 1 sentence no source.");
  const said = document.querySelector("[data-told] p");
  await user.type(screen.getByLabelText("Question"), "And 76?{Enter}");
  await waitFor(() => expect(said?.isConnected).toBe(false));
  await hear("The answer is there: 1 sentence verbatim, 1 sentence no source.");
});

test("refused, with why", async () => {
  await asked({ answer: (q) => answerTo(q, "") }, "code 7Z5");
  await hear("No answer. Code 7Z5 is not in the pharmacy’s knowledge.");
});

test("a mark that changed with an edit, and several", async () => {
  await asked({ answer: (q) => answerTo(q, `${FIRST}\n${SECOND}`) });
  await screen.findByText("Copy");
  await hear("The answer is there: 2 sentences verbatim.");
  const editor = () => EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement) as EditorView;
  act(() => editor().dispatch({ changes: { from: 0, insert: "Well: " } }));
  await hear(`“Well: ${FIRST}” is now marked: no source.`);
  act(() =>
    editor().dispatch({ changes: { from: 0, to: editor().state.doc.length, insert: `Hello,\n${FIRST}\nMade up.\n` } }),
  );
  await hear("Marks changed: 1 sentence verbatim, 1 sentence no source.");
});

test("a copy that is held is told where it is", async () => {
  const { user } = await asked({ answer: (q) => answerTo(q, "Made up.") });
  await screen.findByText("Drop it");
  await user.keyboard("{Control>}{Enter}{/Control}");
  const held = await screen.findByText(/^Before you copy/);
  expect(held.closest("[aria-live=polite]")).not.toBeNull();
});

test("what is opened again is not told as if it came", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard("{Control>}n{/Control}");
  await screen.findByText("What does the customer ask?");
  await user.keyboard("second{Enter}");
  await hear("The answer is there: 1 sentence verbatim.");
  const said = document.querySelector("[data-told] p");
  await user.click(await screen.findByTitle("What is 75?"));
  await screen.findByRole("heading", { level: 1, name: "What is 75?" });
  expect(document.querySelector("[data-told] p")).toBe(said);
});

test("no control has its key in its name; it has it beside", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  const control = (name: string) => screen.getByRole("button", { name });
  expect(control("Copy").getAttribute("aria-keyshortcuts")).toBe("Control+Enter");
  expect(control("Ask").getAttribute("aria-keyshortcuts")).toBe("Control+1");
  expect(control("keys").getAttribute("aria-keyshortcuts")).toBe("?");
  expect(screen.getByRole("textbox", { name: "Question" }).getAttribute("aria-keyshortcuts")).toBe("/");
  await user.keyboard("{Control>}2{/Control}");
  expect(screen.queryAllByRole("button", { name: /[⌃⌘⇧↵]|Alt / })).toEqual([]);
});

test("on the sheet of keys they are read", async () => {
  const { user } = await open();
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{F1}");
  const sheet = within(await screen.findByRole("dialog"));
  expect(sheet.getByText("⌃↵").getAttribute("aria-hidden")).toBeNull();
});

test.each([
  ["mod+shift+enter", "Control+Shift+Enter"],
  ["alt+up/down", "Alt+ArrowUp Alt+ArrowDown"],
  ["Esc", "Escape"],
  ["mod+plus", "Control+Plus"],
  ["mod+minus", "Control+-"],
  ["?", "?"],
])("%s is %s", (keys, expected) => expect(shortcut(keys)).toBe(expected));
