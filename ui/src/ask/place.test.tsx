// What the operator left is as it was when they come back: how far a conversation was read, and the steps that are done.
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import type { Document } from "../backend/backend";
import { document as reject } from "../backend/fake";
import { asked, open } from "../test-window";

beforeEach(() => localStorage.clear());

const scroll = () => document.querySelector("main[aria-label=Ask] > div[tabindex]") as HTMLElement;
const scrolled = (to: number) =>
  act(() => {
    scroll().scrollTop = to;
    fireEvent.scroll(scroll());
  });
const row = (title: string) => screen.findByTitle(title);

test("each conversation stands where it was left, however often they are changed", async () => {
  const { user } = await asked({}, "first");
  await screen.findByText("Copy");
  scrolled(140);
  await user.keyboard("{Control>}n{/Control}second{Enter}");
  await screen.findByText("Copy");
  scrolled(30);
  for (const [title, place] of [
    ["first", 140],
    ["second", 30],
    ["first", 140],
  ] as const) {
    scroll().scrollTop = 0;
    await user.click(await row(title));
    await screen.findByRole("heading", { level: 1, name: title });
    await waitFor(() => expect(scroll().scrollTop).toBe(place));
  }
});

test("a look at Browse leaves it there", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  scrolled(140);
  await user.keyboard("{Control>}2{/Control}");
  await screen.findByText("1 document");
  // What is not shown may lose its place.
  scroll().scrollTop = 0;
  await user.keyboard("{Control>}1{/Control}");
  expect(scroll().scrollTop).toBe(140);
});

const sop: Document = { ...reject, id: "sop", title: "SOP 14", body: "1. Call.\n2. Wait.\n\nThen:\n\n1. Call.\n" };

const step = (number: number, list = 0) =>
  screen.findAllByRole("checkbox", { name: `Step ${number}` }).then((s) => s[list]);
const done = async (number: number, list = 0) => (await step(number, list))?.getAttribute("aria-checked");

async function reading() {
  const all = [sop, reject];
  const opened = await open({
    documents: async () => all,
    find: async (typed) => all.filter((d) => d.title.toLowerCase().includes(typed)),
    document: async (id) => all.find((d) => d.id === id) ?? reject,
  });
  await screen.findByText("What does the customer ask?");
  const read = async (typed: string) => {
    await opened.user.keyboard("{Control>}2{/Control}");
    await opened.user.clear(await screen.findByLabelText("Search the documents"));
    await opened.user.keyboard(`${typed}{Enter}`);
    await screen.findByRole("heading", { level: 2, name: new RegExp(typed, "i") });
  };
  return { ...opened, read };
}

test("done steps stay over a look at another document and over the next question, and go with the call", async () => {
  const { user, read } = await reading();
  await read("sop");
  await user.click((await step(1)) as Element);
  expect(await done(1)).toBe("true");
  // Another list's step of the same words is another step.
  expect(await done(1, 1)).toBe("false");
  await read("reject");
  expect(await done(1)).toBe("false");
  await read("sop");
  expect(await done(1)).toBe("true");
  await user.keyboard("{Control>}1{/Control}What is 75?{Enter}");
  await screen.findByText("Copy");
  await read("sop");
  expect(await done(1)).toBe("true");
  await user.keyboard("{Control>}n{/Control}");
  await read("sop");
  expect(await done(1)).toBe("false");
});

test("they are there again with the conversation that they belong to", async () => {
  const { user, read } = await reading();
  await user.keyboard("first{Enter}");
  await screen.findByText("Copy");
  await read("sop");
  await user.click((await step(2)) as Element);
  await user.keyboard("{Control>}n{/Control}second{Enter}");
  await screen.findByText("Copy");
  await read("sop");
  expect(await done(2)).toBe("false");
  await user.keyboard("{Control>}1{/Control}");
  await user.click(await row("first"));
  await screen.findByRole("heading", { level: 1, name: "first" });
  await read("sop");
  expect(await done(2)).toBe("true");
});
