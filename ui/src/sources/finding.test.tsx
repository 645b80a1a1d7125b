// Words are found in the document that is read, and the document goes to paper.
import { render, screen, waitFor } from "@testing-library/react";
import type { Root } from "hast";
import Markdown from "react-markdown";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { asked, open } from "../test-window";
import { hits } from "./lit";

beforeEach(() => localStorage.clear());

const field = () => screen.getByLabelText("Find in this document") as HTMLInputElement;
const marks = () => [...document.querySelectorAll("mark[data-hit]")].map((m) => m.textContent);
const here = () => document.querySelector("mark[data-here]")?.getAttribute("data-hit") ?? null;
const FIND = "{Control>}f{/Control}";

async function read() {
  const opened = await asked();
  await screen.findByText("Copy");
  await screen.findByRole("heading", { level: 2, name: /Reject 75/ });
  return opened;
}

test.each<[string, string, string[]]>([
  ["plan", "The plan. Ask the PLAN.", ["plan", "PLAN"]],
  ["a plan", "With **a** plan", ["a", " plan"]],
  ["two words", "two\nwords", ["two\nwords"]],
  ["a.b", "a.b axb", ["a.b"]],
  ["one", "1. one\n2. two one\n\n| one |\n|---|\n| x |", ["one", "one", "one"]],
  ["", "nothing", []],
  ["(", "an open (bracket", ["("]],
])("“%s” is found in “%s”", (words, body, expected) => {
  render(<Markdown rehypePlugins={[hits(words)]}>{body}</Markdown>);
  expect(marks()).toEqual(expected);
});

test("a place that goes over a border of elements is one place", () => {
  const text = (value: string) => ({ type: "text" as const, value });
  const tree: Root = {
    type: "root",
    children: [{ type: "element", tagName: "b", properties: {}, children: [text("a p")] }, text("lan, a plan")],
  };
  hits("a plan")()(tree);
  expect(JSON.stringify(tree).match(/"dataHit":(\d)/g)).toEqual(['"dataHit":0', '"dataHit":0', '"dataHit":1']);
});

test("beside an answer: counted, walked through with Enter, and Esc leads back to where one was", async () => {
  const { user } = await read();
  await user.keyboard(`half ${FIND}`);
  await waitFor(() => expect(document.activeElement).toBe(field()));
  await user.keyboard("the");
  expect(await screen.findByText("1 of 3")).toBeTruthy();
  expect([marks(), here()]).toEqual([["the", "The", "the"], "0"]);
  await user.keyboard("{Enter}{Enter}");
  expect(screen.getByText("3 of 3")).toBeTruthy();
  await user.keyboard("{Enter}");
  expect(here()).toBe("0");
  await user.keyboard("{Shift>}{Enter}{/Shift}");
  expect(here()).toBe("2");
  await user.keyboard("zz");
  expect(await screen.findByText("not in it")).toBeTruthy();
  await user.keyboard("{Escape}");
  expect(screen.queryByLabelText("Find in this document")).toBeNull();
  expect(marks()).toEqual([]);
  await user.keyboard("a question");
  expect((screen.getByLabelText("Question") as HTMLTextAreaElement).value).toBe("half a question");
});

test("in Browse it finds in the page, and the search is as it was", async () => {
  const { user } = await open();
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}2{/Control}reject{ArrowDown}");
  await screen.findByRole("checkbox", { name: "Step 1" });
  await user.keyboard(FIND);
  await waitFor(() => expect(document.activeElement).toBe(field()));
  await user.keyboard("plan");
  expect(await screen.findByText("1 of 2")).toBeTruthy();
  // Pressed again, other words replace these.
  await user.keyboard(FIND);
  await new Promise((done) => setTimeout(done, 10));
  await user.keyboard("wait");
  expect(field().value).toBe("wait");
  await user.keyboard("{Escape}");
  const search = screen.getByLabelText("Search the documents") as HTMLInputElement;
  expect(document.activeElement).toBe(search);
  expect(search.value).toBe("reject");
});

test("the document that is read is printed; where there is none, it says so", async () => {
  const print = vi.fn();
  vi.stubGlobal("print", print);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { user } = await open();
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}p{/Control}");
  expect(await screen.findByText(/Choose a document first/)).toBeTruthy();
  expect(print).not.toHaveBeenCalled();
  await user.keyboard("What is 75?{Enter}");
  await screen.findByText("Copy");
  await screen.findByRole("heading", { level: 2, name: /Reject 75/ });
  await user.keyboard("{Control>}p{/Control}");
  await waitFor(() => expect(print).toHaveBeenCalledTimes(1));
});
