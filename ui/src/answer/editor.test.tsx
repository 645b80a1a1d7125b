import { EditorView } from "@codemirror/view";
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { answerTo, SECOND } from "../backend/fake";
import css from "../styles.css?raw";
import { asked } from "../test-window";

const FIRST = "Code 75 means that the plan requires a prior authorization.";

beforeEach(() => localStorage.clear());
afterEach(() => void vi.restoreAllMocks());

const answer = () => document.querySelector(".cm-content") as HTMLElement;
const lit = () => document.querySelector("mark")?.textContent;

/** As the page's layout would find the pointer over the last sentence. */
function passOver(editor: EditorView) {
  vi.spyOn(EditorView.prototype, "posAtCoords").mockReturnValue(editor.state.doc.length);
  fireEvent.mouseMove(answer());
}

async function answered() {
  const opened = await asked({ answer: (q) => answerTo(q, `${FIRST}\n${SECOND}`) });
  await screen.findByText("Copy");
  await waitFor(() => expect(lit()).toBe(FIRST));
  return { ...opened, editor: EditorView.findFromDOM(answer()) as EditorView };
}

test("the source of a sentence lights up under the mouse", async () => {
  const { editor } = await answered();
  passOver(editor);
  await waitFor(() => expect(lit()).toBe(SECOND));
});

test("a passing mouse leaves the source of the sentence that the operator went to", async () => {
  const { user, editor } = await answered();
  await user.keyboard("{Alt>}{ArrowDown}{ArrowUp}{/Alt}");
  await waitFor(() => expect(lit()).toBe(FIRST));
  passOver(editor);
  await new Promise((done) => setTimeout(done, 50));
  expect(lit()).toBe(FIRST);
  expect(document.querySelector(".s-on")?.textContent).toBe(`${FIRST}● verbatim, source 1`);
});

test("the editor shows that it has the focus", async () => {
  const style = document.createElement("style");
  // Without what only the build understands.
  style.textContent = css.replace(/@(import|theme|layer)[^{;]*(;|\{[\s\S]*?\n\})/g, "");
  document.head.append(style);
  onTestFinished(() => style.remove());
  const { user } = await answered();
  const looks = () => getComputedStyle(answer().closest("[role=group]") as Element).boxShadow;
  const before = looks();
  await user.click(answer());
  expect(looks()).not.toBe(before);
  await user.click(screen.getByLabelText("Question"));
  await waitFor(() => expect(looks()).toBe(before));
});

test("a mark is text, behind its sentence and with its sources, and no part of the answer", async () => {
  const { editor } = await answered();
  const lines = [...document.querySelectorAll(".cm-line")].map((l) => l.textContent);
  expect(lines).toEqual([`${FIRST}● verbatim, source 1`, `${SECOND}● verbatim, source 1`]);
  expect(editor.state.doc.toString()).toBe(`${FIRST}\n${SECOND}`);
  // The shape is for the eyes alone.
  expect(document.querySelector(".cm-shape")?.getAttribute("aria-hidden")).toBe("true");
  expect(css).not.toContain("attr(data-mark)");
});

test("it follows an edit", async () => {
  const { editor } = await answered();
  editor.dispatch({ changes: { from: 0, insert: "Well: " } });
  await waitFor(() => expect(document.querySelector(".cm-line")?.textContent).toBe(`Well: ${FIRST}▲ no source`));
});
