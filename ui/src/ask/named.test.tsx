// Who a conversation is with: by key, in the list and in the greeting, of that conversation alone, and after a restart.
import { EditorView } from "@codemirror/view";
import { screen, waitFor } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { ConversationRow, Exchange } from "../backend/backend";
import { answerTo } from "../backend/samples";
import { asked, open } from "../test-window";

beforeEach(() => localStorage.clear());

const NAME = "{Control>}{Shift>}n{/Shift}{/Control}";
const text = () => EditorView.findFromDOM(document.querySelector(".cm-editor") as HTMLElement)?.state.doc.toString();
const listed = (title: string) => screen.findByRole("button", { name: title });

test("a name is given before or after the first question, and greets that customer alone", async () => {
  const { user } = await open();
  await screen.findByText("What does the customer ask?");
  await user.keyboard(NAME);
  await user.type(await screen.findByLabelText(/^Stays on this device/), "Ana{Enter}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Question")));
  await user.keyboard("What is 75?{Enter}");
  await listed("Ana: What is 75?");
  await user.keyboard("{Control>}j{/Control}");
  await waitFor(() => expect(text()).toMatch(/^Hello Ana,/));
  await user.keyboard("{Control>}n{/Control}");
  await user.keyboard("What is 76?{Enter}");
  await listed("What is 76?");
  await waitFor(() => expect(text()).toMatch(/^Hello,/));
  await user.click(await listed("Ana: What is 75?"));
  await user.keyboard(NAME);
  const field = await screen.findByLabelText(/^Stays on this device/);
  expect((field as HTMLInputElement).value).toBe("Ana");
  expect(
    (await axe.run(document.body, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } }))
      .violations,
  ).toEqual([]);
  await user.clear(field);
  await user.keyboard("{Enter}");
  await listed("What is 75?");
});

test("it is there after a restart, also where the conversation is opened from another day", async () => {
  const row: ConversationRow = {
    id: "c1",
    title: "Old?",
    at: new Date().toISOString(),
    exchanges: ["c1"],
    name: "Ana",
  };
  const answer = answerTo("Old?");
  const kept: Exchange = {
    id: "c1",
    conversation: "c1",
    at: row.at,
    answer,
    text: answer.answer,
    confirmed: [],
    copied: [],
    label: null,
  };
  const { user } = await open({
    conversations: async () => [row, { ...row, id: "c2", title: "Other?", name: "" }],
    conversation: async () => [kept],
    conversationName: async (id) => (id === "c1" ? "Ana" : ""),
  });
  await listed("Other?");
  await user.click(await listed("Ana: Old?"));
  await user.keyboard(NAME);
  expect(((await screen.findByLabelText(/^Stays on this device/)) as HTMLInputElement).value).toBe("Ana");
});

test("leaving the sheet changes nothing", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard(NAME);
  await user.type(await screen.findByLabelText(/^Stays on this device/), "Ana{Escape}");
  await listed("What is 75?");
});
