// What is typed arrives where the operator means it.
import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { knowledge } from "../backend/fake";
import { asked, open } from "../test-window";

beforeEach(() => localStorage.clear());

const question = () => screen.getByLabelText("Question") as HTMLTextAreaElement;
const answer = () => document.querySelector(".cm-content") as HTMLElement;
const closed = () => waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
const focused = (element: () => Element | null) => waitFor(() => expect(document.activeElement).toBe(element()));

async function answered() {
  const opened = await asked({ knowledge });
  await screen.findByText("Copy");
  return opened;
}

const SHEETS = [
  ["settings", "{Control>},{/Control}"],
  ["palette", "{Control>}k{/Control}"],
  ["knowledge", "{Control>}u{/Control}"],
  ["good label", "{Control>}g{/Control}"],
  ["bad label", "{Control>}b{/Control}"],
];

test.each(SHEETS)("behind the %s sheet, typing goes on in the question", async (_, keys) => {
  const { user } = await answered();
  await user.type(question(), "half a ");
  await user.keyboard(keys);
  await screen.findByRole("dialog");
  await user.keyboard("{Escape}");
  await closed();
  await focused(question);
  await user.keyboard("question");
  expect(question().value).toBe("half a question");
});

test.each(SHEETS)("behind the %s sheet, the caret is in the answer again", async (_, keys) => {
  const { user } = await answered();
  await user.click(answer());
  await focused(answer);
  await user.keyboard(keys);
  await screen.findByRole("dialog");
  await user.keyboard("{Escape}");
  await closed();
  await focused(answer);
});

test("behind a label that is saved too", async () => {
  const { user } = await answered();
  await user.keyboard("{Control>}g{/Control}");
  await screen.findByRole("dialog");
  await user.click(screen.getByText("Save"));
  await closed();
  await focused(question);
});

test("behind the sheet of keys, the button that opened it has the focus again", async () => {
  const { user } = await answered();
  await user.click(screen.getByText("? keys"));
  await user.click(within(await screen.findByRole("dialog")).getByLabelText("Close"));
  await closed();
  await focused(() => screen.getByText("? keys"));
});

test("a command of the palette takes the focus where it leads", async () => {
  const { user } = await answered();
  await user.click(answer());
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText("What do you want to do?"), "go to the question{Enter}");
  await closed();
  await focused(question);
});

test("what had the focus and is gone gives it to the question", async () => {
  const { user } = await open({ knowledge });
  const example = await screen.findByText("What does claim rejection code 75 mean?");
  example.focus();
  await user.keyboard("{Control>}k{/Control}");
  await screen.findByRole("dialog");
  example.setAttribute("disabled", "");
  await user.keyboard("{Escape}");
  await closed();
  await focused(question);
});

test("the first Ctrl+2 goes into the search, and Ctrl+1 back into the question", async () => {
  const { user } = await open();
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}2{/Control}reject{Control>}1{/Control}and 75");
  expect((screen.getByLabelText("Search the documents") as HTMLInputElement).value).toBe("reject");
  expect(question().value).toBe("and 75");
});

test.each(SHEETS.slice(0, 3))("behind the %s sheet over Browse, typing goes on in the search", async (_, keys) => {
  const { user } = await answered();
  await user.keyboard(`{Control>}2{/Control}re${keys}`);
  await screen.findByRole("dialog");
  await user.keyboard("{Escape}");
  await closed();
  await focused(() => screen.getByLabelText("Search the documents"));
});
