// An answer in the customer's words: by key, undone by key, remembered for the next, and what is copied.
import { EditorView } from "@codemirror/view";
import { screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { asked, called, gate } from "../test-window";

const FIRST = "Code 75 means that the plan requires a prior authorization.";
const TOLD = `Hello,\n\n${FIRST}\n\nKind regards`;
const KEY = "{Control>}j{/Control}";
const COPY = "{Control>}{Enter}{/Control}";

beforeEach(() => localStorage.clear());

const texts = () =>
  [...document.querySelectorAll<HTMLElement>(".cm-editor")].map((e) => EditorView.findFromDOM(e)?.state.doc.toString());
const stands = (...wanted: string[]) => waitFor(() => expect(texts()).toEqual(wanted));
const button = () => screen.getAllByRole("button", { name: "For customer" }).at(-1);
const copies = (calls: unknown[][]) => called(calls, "copy").map((c) => c[2]);

test("by key and back, with its marks, and what stands there is what is copied and kept", async () => {
  const { backend, user } = await asked();
  await stands(FIRST);
  await user.keyboard(KEY);
  await stands(TOLD);
  expect(button()?.getAttribute("aria-pressed")).toBe("true");
  await waitFor(() =>
    expect([...document.querySelectorAll("[data-mark]")].map((m) => m.getAttribute("data-mark"))).toEqual([
      "● verbatim",
    ]),
  );
  await user.keyboard(COPY);
  await waitFor(() => expect(copies(backend.calls)).toEqual([TOLD]));
  expect(called(backend.calls, "saveText").at(-1)?.[2]).toBe(TOLD);
  await user.keyboard(KEY);
  await stands(FIRST);
  expect(button()?.getAttribute("aria-pressed")).toBe("false");
});

test("what the operator made of the one is there again after a look at the other", async () => {
  const { user } = await asked();
  await stands(FIRST);
  await user.keyboard(KEY);
  await stands(TOLD);
  const editor = EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement) as EditorView;
  editor.dispatch({ changes: { from: 5, insert: " Ana" } });
  await stands(TOLD.replace("Hello", "Hello Ana"));
  await user.keyboard(KEY);
  await stands(FIRST);
  await user.keyboard(KEY);
  await stands(TOLD.replace("Hello", "Hello Ana"));
});

test("the choice is remembered: the next answer comes so, what was kept stays as it was left", async () => {
  const first = await asked();
  await stands(FIRST);
  await first.user.keyboard(KEY);
  await stands(TOLD);
  first.unmount();
  const { user } = await asked({}, "And 76?");
  await stands(TOLD);
  await user.keyboard(KEY);
  await stands(FIRST);
  await user.type(screen.getByLabelText("Question"), "And 77?{Enter}");
  await stands(FIRST, FIRST);
});

test("a copy waits for the words that were asked for", async () => {
  const { wait, go } = gate();
  const { backend, user } = await asked({
    forCustomer: async () => {
      await wait;
      return TOLD;
    },
  });
  await stands(FIRST);
  await user.keyboard(KEY + COPY);
  await new Promise((done) => setTimeout(done, 100));
  expect(copies(backend.calls)).toEqual([]);
  go();
  await waitFor(() => expect(copies(backend.calls)).toEqual([TOLD]));
});

test("where nothing is for the customer, it says so and stays", async () => {
  const { user } = await asked({ forCustomer: async () => null });
  await stands(FIRST);
  await user.keyboard(KEY);
  expect(await screen.findByText(/Nothing here is for the customer/)).toBeTruthy();
  expect(texts()).toEqual([FIRST]);
});

test("the operator's own name closes it", async () => {
  const { user } = await asked();
  await stands(FIRST);
  await user.keyboard("{Control>},{/Control}");
  await user.type(await screen.findByLabelText(/^Your name/), "Luis");
  await user.keyboard("{Escape}");
  await user.keyboard(KEY);
  await stands(`${TOLD}, Luis`);
});
