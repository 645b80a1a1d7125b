// What is decided about a sentence without a source goes out as decided, and can be taken back.
import { EditorView } from "@codemirror/view";
import { act, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { answerTo } from "../backend/fake";
import { asked, called } from "../test-window";

const FIRST = "Code 75 means that the plan requires a prior authorization.";
const INVENTED = "An urgent request is decided within 12 hours.";
const PRICE = "It costs 3 dollars.";

beforeEach(() => localStorage.clear());

const question = () => screen.getByLabelText("Question");
const answer = () => document.querySelector(".cm-content") as HTMLElement;
const editor = () => EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement) as EditorView;
const text = () => editor().state.doc.toString();
const marks = () => [...document.querySelectorAll(".cm-line")].map((l) => l.getAttribute("data-mark"));
const moment = (ms = 300) => act(() => new Promise((done) => setTimeout(done, ms)));
const COPY = "{Control>}{Enter}{/Control}";

async function answered(...lines: string[]) {
  const opened = await asked({ answer: (q) => answerTo(q, [FIRST, ...lines].join("\n")) });
  await screen.findAllByText("Drop it");
  const copies = () => called(opened.backend.calls, "copy").map((c) => c[2]);
  const kept = () => called(opened.backend.calls, "saveText").at(-1);
  return { ...opened, copies, kept };
}

test("a dropped sentence goes out with nothing: the copy that was held waits for another key", async () => {
  const { user, copies } = await answered(INVENTED);
  await user.keyboard(COPY);
  await screen.findByText(/Before you copy/);
  await user.click(screen.getByText("Drop it"));
  expect(await screen.findByText(/Nothing was copied yet/)).toBeTruthy();
  await moment();
  expect(copies()).toEqual([]);
  await user.keyboard(COPY);
  await waitFor(() => expect(copies()).toEqual([FIRST]));
});

test("a dropped sentence can be taken back where it was", async () => {
  const { user, kept } = await answered(INVENTED, PRICE);
  await user.click(screen.getAllByText("Drop it")[0] as HTMLElement);
  expect(text()).toBe(`${FIRST}\n${PRICE}`);
  await waitFor(() => expect(kept()).toEqual(["saveText", "e0", `${FIRST}\n${PRICE}`, []]));
  await user.click(await screen.findByText("Undo"));
  expect(text()).toBe(`${FIRST}\n${INVENTED}\n${PRICE}`);
  expect(screen.queryByText("Undo")).toBeNull();
  await waitFor(() => expect(screen.getAllByText("Drop it").length).toBe(2));
  await waitFor(() => expect(kept()).toEqual(["saveText", "e0", `${FIRST}\n${INVENTED}\n${PRICE}`, []]));
});

test("a kept sentence can be taken back, and holds the next copy again", async () => {
  const { user, copies, kept } = await answered(INVENTED);
  await user.click(screen.getByText("Keep anyway"));
  await waitFor(() => expect(marks()[1]).toBe("○ kept by you"));
  expect(kept()?.[3]).toEqual([INVENTED]);
  await user.click(screen.getByText("Undo"));
  await waitFor(() => expect(marks()[1]).toBe("▲ no source"));
  expect(kept()?.[3]).toEqual([]);
  await user.keyboard(COPY);
  expect(await screen.findByText(/Before you copy/)).toBeTruthy();
  expect(copies()).toEqual([]);
});

test("both are undone by key in the answer, the last first, and done again", async () => {
  const { user } = await answered(INVENTED, PRICE);
  await user.click(screen.getAllByText("Keep anyway")[0] as HTMLElement);
  await user.click(await screen.findByText("Drop it"));
  expect(text()).toBe(`${FIRST}\n${INVENTED}`);
  await user.click(answer());
  await user.keyboard("{Control>}z{/Control}");
  expect(text()).toBe(`${FIRST}\n${INVENTED}\n${PRICE}`);
  await waitFor(() => expect(marks().slice(1)).toEqual(["○ kept by you", "▲ no source"]));
  await user.keyboard("{Control>}z{/Control}");
  await waitFor(() => expect(marks().slice(1)).toEqual(["▲ no source", "▲ no source"]));
  await user.keyboard("{Control>}y{/Control}");
  await waitFor(() => expect(marks().slice(1)).toEqual(["○ kept by you", "▲ no source"]));
});

test("what was decided is offered to be undone until the next edit", async () => {
  const { user } = await answered(INVENTED);
  await user.click(screen.getByText("Keep anyway"));
  await screen.findByText("Undo");
  act(() => editor().dispatch({ changes: { from: 0, insert: "Well. " } }));
  await waitFor(() => expect(screen.queryByText("Undo")).toBeNull());
});

test("pressed twice, one sentence is dropped", async () => {
  const { user } = await answered(INVENTED, PRICE);
  const drop = screen.getAllByText("Drop it")[0] as HTMLElement;
  await user.dblClick(drop);
  await moment();
  expect(text()).toBe(`${FIRST}\n${PRICE}`);
});

test.each(["Drop it", "Keep anyway"])("“%s” by the mouse leaves the focus where one types", async (words) => {
  const { user } = await answered(INVENTED);
  await user.click(screen.getByText(words));
  expect(document.activeElement).toBe(question());
});

test.each([
  ["Drop it", question],
  ["Keep anyway", question],
  ["Drop it", answer],
  ["Keep anyway", answer],
])("behind “%s” by key, the focus is where it was", async (words, where) => {
  const { user } = await answered(INVENTED);
  await user.click(where());
  await user.keyboard(COPY);
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Edit it"));
  screen.getByText(words).focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(document.activeElement).toBe(where()));
  await moment();
  expect(document.activeElement).toBe(where());
});

test("while a copy is held, the focus goes from one sentence to the next", async () => {
  const { user, copies } = await answered(INVENTED, PRICE);
  await user.keyboard(COPY);
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Edit it"));
  const drop = screen.getAllByText("Drop it")[0] as HTMLElement;
  drop.focus();
  await user.keyboard("{Enter}");
  await moment();
  expect(document.activeElement?.textContent).toBe("Edit it");
  expect(screen.getByText(/1 sentence has no source/)).toBeTruthy();
  screen.getByText("Keep anyway").focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(copies()).toEqual([`${FIRST} ${PRICE}`]));
  expect(document.activeElement).toBe(question());
});
