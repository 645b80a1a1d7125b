// The palette finds what can be read beside what can be done.
import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { document as reject } from "../backend/fake";
import { stepsOf } from "../browse/steps";
import { asked } from "../test-window";
import { holds } from "./findable";

beforeEach(() => localStorage.clear());

async function opened() {
  const { user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard("{Control>}k{/Control}");
  await screen.findByRole("dialog");
  return user;
}

const option = (name: RegExp) => within(screen.getByRole("dialog")).findByRole("option", { name });

test.each([
  ["reject", "Documents", /^Reject 75/],
  ["wait", "Steps", /^2\. Wait/],
  ["75 step 1", "Steps", /^1\. Call the plan/],
  ["what is", "Conversations", /^What is 75/],
  ["bro", null, /^Browse/],
])("“%s” finds under %s what begins so: %s", async (typed, group, name) => {
  const find = async (words: string) => (holds(`${reject.title} ${reject.body} step`, words) ? [reject] : []);
  const { user } = await asked({ find });
  await screen.findByText("Copy");
  await user.keyboard("{Control>}k{/Control}");
  await screen.findByRole("dialog");
  await user.keyboard(typed);
  const found = await option(name);
  expect(found.closest("[cmdk-group]")?.querySelector("[cmdk-group-heading]")?.textContent ?? null).toBe(group);
});

test("a step is read at its words, and typing goes on in Browse", async () => {
  const { user } = await asked({ find: async () => [reject] });
  await screen.findByText("Copy");
  await user.keyboard("{Control>}k{/Control}");
  await screen.findByRole("dialog");
  await user.keyboard("wait");
  await user.click(await option(/^2\. Wait/));
  await screen.findByRole("checkbox", { name: "Step 2" });
  await waitFor(() => expect(document.querySelector("aside:not([hidden]) mark")?.textContent).toBe("Wait."));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Search the documents")));
});

test("a conversation is opened, and typing goes on in the question", async () => {
  const user = await opened();
  await user.keyboard("{Escape}{Control>}n{/Control}");
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}2{/Control}{Control>}k{/Control}");
  await screen.findByRole("dialog");
  await user.keyboard("what is");
  await option(/^What is 75/);
  await user.keyboard("{Enter}");
  await screen.findByText("Copy");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Question")));
});

test("what is called by nothing says so", async () => {
  const user = await opened();
  await user.keyboard("zzzz");
  expect(await screen.findByText("Nothing is called so.")).toBeTruthy();
});

test("steps are numbered lines, with the place of their words", () => {
  const body = "How it begins: naïve.\n\n1. Call.\n  2) Wait, 3. not this\nno 4. either\n";
  const steps = stepsOf({ ...reject, body });
  expect(steps.map((s) => [s.number, s.words])).toEqual([
    ["1", "Call."],
    ["2", "Wait, 3. not this"],
  ]);
  const bytes = new TextEncoder().encode(body);
  expect(steps.map((s) => new TextDecoder().decode(bytes.slice(s.place.start, s.place.end)))).toEqual(
    steps.map((s) => s.words),
  );
});
