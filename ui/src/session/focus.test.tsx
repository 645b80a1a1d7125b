// What is typed arrives where the operator means it.
import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { answerTo, fake, knowledge, passage, passagesFound } from "../backend/fake";
import { asked, called, gate, open } from "../test-window";

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

test.each(["Save", "Cancel"])("behind a label too, left by “%s”", async (words) => {
  const { user } = await answered();
  await user.keyboard("{Control>}g{/Control}");
  await screen.findByRole("dialog");
  await user.click(screen.getByText(words));
  await closed();
  await focused(question);
});

test("behind the sheet of keys, the button that opened it has the focus again", async () => {
  const { user } = await answered();
  await user.click(screen.getByRole("button", { name: "keys" }));
  await user.click(within(await screen.findByRole("dialog")).getByLabelText("Close"));
  await closed();
  await focused(() => screen.getByRole("button", { name: "keys" }));
});

test("a command of the palette takes the focus where it leads", async () => {
  const { user } = await answered();
  await user.click(answer());
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText(/^A command/), "go to the question{Enter}");
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

const away = () => (document.activeElement as HTMLElement | null)?.blur();

test("what is typed without a field goes to the question, with its first letter", async () => {
  const { user } = await answered();
  away();
  await user.keyboard("and 76/77?");
  expect(question().value).toBe("and 76/77?");
});

test("also where a button was pressed, which keeps its own keys", async () => {
  const { user } = await answered();
  await user.type(question(), "first");
  await user.click(screen.getByRole("button", { name: /Reject 75.*required, used$/ }));
  await user.keyboard(" ");
  expect(question().value).toBe("first");
  await user.keyboard(" then");
  expect(question().value).toBe("firstthen");
});

test("in Browse it goes to the search", async () => {
  const { user } = await answered();
  await user.keyboard("{Control>}2{/Control}");
  (await screen.findByLabelText("Documents")).focus();
  await user.keyboard("rej");
  expect((screen.getByLabelText("Search the documents") as HTMLInputElement).value).toBe("rej");
});

test("what is pasted without a field goes to the question", async () => {
  const { user } = await answered();
  away();
  await user.keyboard("{Control>}v{/Control}");
  expect(document.activeElement).toBe(question());
});

test("what is typed on a sheet stays there, and commands type nothing", async () => {
  const { user } = await answered();
  away();
  await user.keyboard("{Control>},{/Control}");
  await screen.findByRole("dialog");
  await user.keyboard("abc");
  expect(document.activeElement).not.toBe(question());
  await user.keyboard("{Escape}");
  await closed();
  away();
  await user.keyboard("{Control>}x{/Control}{Alt>}x{/Alt}{ArrowDown}{Tab}");
  expect(question().value).toBe("");
});

test("a slash and a question mark are typed wherever something is typed", async () => {
  const { user } = await answered();
  await user.type(question(), "75/76?");
  expect(question().value).toBe("75/76?");
  for (const key of ["/", "?"]) {
    const press = new KeyboardEvent("keydown", { key, shiftKey: key === "?", bubbles: true, cancelable: true });
    answer().dispatchEvent(press);
    expect(press.defaultPrevented).toBe(false);
  }
  await user.keyboard("{Control>}g{/Control}");
  const note = await screen.findByLabelText(/Note/);
  await user.type(note, "a/b?");
  expect((note as HTMLTextAreaElement).value).toBe("a/b?");
  await user.keyboard("{Escape}");
  await closed();
  await user.keyboard("{Control>}2{/Control}a/b?");
  expect((screen.getByLabelText("Search the documents") as HTMLInputElement).value).toBe("a/b?");
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("without a field a slash goes to the question and types nothing; a question mark shows the keys", async () => {
  const { user } = await answered();
  away();
  await user.keyboard("/");
  expect(document.activeElement).toBe(question());
  expect(question().value).toBe("");
  away();
  await user.keyboard("?");
  expect(await screen.findByRole("dialog", { name: "Keys" })).toBeTruthy();
});

test("F1 shows the keys from within a field", async () => {
  const { user } = await answered();
  await user.type(question(), "half a question");
  await user.keyboard("{F1}");
  const sheet = await screen.findByRole("dialog", { name: "Keys" });
  expect(within(sheet).getByText("F1")).toBeTruthy();
});

const search = () => screen.getByLabelText("Search the documents") as HTMLInputElement;

test("Esc in the answer goes to the question, and takes nothing that was typed", async () => {
  const { user } = await answered();
  await user.type(question(), "half a question");
  await user.click(answer());
  await user.keyboard("{Escape}");
  expect(document.activeElement).toBe(question());
  await user.keyboard("{Escape}");
  expect(question().value).toBe("half a question");
});

test("Esc lets a held copy go first, then leads from the answer to the question", async () => {
  const { user, backend } = await asked({ answer: (q) => answerTo(q, "Made up.") });
  await screen.findByText("Drop it");
  await user.click(answer());
  await user.keyboard("{Control>}{Enter}{/Control}");
  await screen.findByText(/Before you copy/);
  await focused(() => screen.getByText("Edit it"));
  await user.keyboard("{Escape}");
  expect(screen.queryByText(/Before you copy/)).toBeNull();
  expect(document.activeElement).toBe(answer());
  await user.keyboard("{Escape}");
  expect(document.activeElement).toBe(question());
  expect(called(backend.calls, "copy")).toEqual([]);
});

test("Esc in Browse goes to the search, clears it, and leads to the question", async () => {
  const { user } = await answered();
  await user.keyboard("{Control>}2{/Control}reject{ArrowDown}");
  (await screen.findByRole("checkbox", { name: "Step 1" })).focus();
  await user.keyboard("{Escape}");
  expect(document.activeElement).toBe(search());
  expect(search().value).toBe("reject");
  await user.keyboard("{Escape}");
  expect(document.activeElement).toBe(search());
  expect(search().value).toBe("");
  await user.keyboard("{Escape}");
  expect(screen.getByRole("main", { name: "Ask" })).toBeTruthy();
  expect(document.activeElement).toBe(question());
});

test("Esc stops an answer that is being written before it goes anywhere", async () => {
  const { wait, go } = gate();
  const base = fake();
  const { user, backend } = await asked({
    ask: async (question, conversation, onEvent) => {
      onEvent(passagesFound([passage]));
      onEvent({ event: "text", piece: "Code 75 means that" });
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  await waitFor(() => expect(answer()?.textContent).toContain("Code 75"));
  await user.click(answer());
  await user.keyboard("{Escape}");
  expect(called(backend.calls, "stop").length).toBe(1);
  expect(document.activeElement).toBe(answer());
  go();
  await screen.findByText("Copy");
  await user.keyboard("{Escape}");
  expect(document.activeElement).toBe(question());
  expect(called(backend.calls, "stop").length).toBe(1);
});

test("Esc in the search of Browse leaves an answer alone that is being written meanwhile", async () => {
  const { wait, go } = gate();
  const base = fake();
  const { user, backend } = await asked({
    ask: async (question, conversation, onEvent) => {
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  await user.keyboard("{Control>}2{/Control}reject{Escape}");
  expect(search().value).toBe("");
  expect(called(backend.calls, "stop")).toEqual([]);
  go();
});

test("the hotkey leads to the question, from Browse and from any sheet but a label that is being made", async () => {
  let summon = () => {};
  const { user } = await asked({
    onSummoned: (then) => {
      summon = then;
      return () => {};
    },
  });
  await screen.findByText("Copy");
  await user.keyboard("{Control>}2{/Control}{Control>},{/Control}");
  await screen.findByRole("dialog");
  act(() => summon());
  await closed();
  await focused(question);
  await user.keyboard("{Control>}g{/Control}");
  await screen.findByRole("dialog");
  act(() => summon());
  await act(() => new Promise((done) => setTimeout(done, 100)));
  expect(screen.getByRole("dialog").contains(document.activeElement)).toBe(true);
});

test("a key of a word that is being composed is no command", async () => {
  const { user, backend } = await answered();
  await user.click(answer());
  const press = new KeyboardEvent("keydown", { key: "Escape", isComposing: true, bubbles: true, cancelable: true });
  act(() => void answer().dispatchEvent(press));
  expect(document.activeElement).toBe(answer());
  expect(called(backend.calls, "stop")).toEqual([]);
});
