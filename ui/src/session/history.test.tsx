// What was asked before: found by words, with what became of it, and opened at the question that was chosen.
import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { Past } from "../backend/backend";
import { answerTo } from "../backend/fake";
import { asked, called, open } from "../test-window";

beforeEach(() => localStorage.clear());

const HISTORY = "{Control>}h{/Control}";
const noContrast = { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } };
const rows = async () => (await screen.findAllByRole("option")).map((o) => o.textContent);
const past = (over: Partial<Past>): Past => ({
  exchange: "x",
  conversation: "c",
  at: "2026-01-02T10:00:00Z",
  question: "Old?",
  refused: false,
  copied: false,
  label: null,
  changed: false,
  ...over,
});

test("by key: each question by its day with what became of it", async () => {
  const { user, container } = await open({
    history: async () => [
      past({ exchange: "a", at: new Date().toISOString(), question: "New?", copied: true, label: "good" }),
      past({ exchange: "b", question: "Refused?", refused: true }),
      past({ exchange: "c", question: "Changed?", changed: true, label: "bad" }),
    ],
  });
  await screen.findByText("What does the customer ask?");
  await user.keyboard(HISTORY);
  const [first, ...others] = await rows();
  expect(first).toMatch(/^New\?copied, labelled good · \d\d:\d\d$/);
  expect(others.map((o) => o?.replace(/ · .*/, ""))).toEqual([
    "Refused?no answer",
    "Changed?labelled bad, source changed since",
  ]);
  const sheet = within(screen.getByRole("dialog"));
  expect(sheet.getByText("Today")).toBeTruthy();
  expect(sheet.getByText("2 Jan 2026")).toBeTruthy();
  expect((await axe.run(container.ownerDocument.body, noContrast)).violations).toEqual([]);
});

test("it is found by words and opened at the question, and the focus is in the field", async () => {
  const { backend, user } = await asked({ answer: (q) => answerTo(q) }, "What is 75?");
  await screen.findByText("Copy");
  await user.type(screen.getByLabelText("Question"), "And 76?{Enter}");
  await waitFor(() => expect(screen.getAllByText("Copy").length).toBe(2));
  await user.keyboard("{Control>}n{/Control}");
  await screen.findByText("What does the customer ask?");
  await user.keyboard(HISTORY);
  await waitFor(async () => expect((await rows()).length).toBe(2));
  await user.keyboard("is 75");
  await waitFor(async () => expect(await rows()).toHaveLength(1));
  await user.keyboard("{Enter}");
  await screen.findByRole("heading", { level: 1, name: "What is 75?" });
  expect(document.activeElement).toBe(screen.getByLabelText("Question"));
  // The keys mean the one that was chosen, not the last.
  await user.keyboard("{Control>}{Enter}{/Control}");
  await waitFor(() => expect(called(backend.calls, "copy").map((c) => c[1])).toEqual(["e0"]));
});

test("Enter before it is found opens what was typed, not what stood there", async () => {
  let go = () => {};
  const gate = new Promise<void>((done) => {
    go = done;
  });
  const all = [past({ exchange: "e0", question: "What is 75?" }), past({ exchange: "old", question: "Insulin?" })];
  const { user } = await asked(
    {
      answer: (q) => answerTo(q),
      history: (typed: string) =>
        typed ? gate.then(() => all.filter((p) => p.question === "What is 75?")) : Promise.resolve([...all].reverse()),
    },
    "What is 75?",
  );
  await screen.findByText("Copy");
  await user.keyboard(HISTORY);
  await waitFor(async () => expect((await rows()).length).toBe(2));
  await user.keyboard("is 75{Enter}");
  expect(screen.getByRole("dialog")).toBeTruthy();
  go();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await screen.findByRole("heading", { level: 1, name: "What is 75?" });
});

test("nothing with these words, and a failure, are said", async () => {
  const none = await open({ history: async () => [] });
  await screen.findByText("What does the customer ask?");
  await none.user.keyboard(`${HISTORY}zzz`);
  expect(await screen.findByText("Nothing was asked with these words.")).toBeTruthy();
  none.unmount();
  const { user } = await open({
    history: async () => {
      throw { code: "failed", message: "the disk is gone" };
    },
  });
  await screen.findByText("What does the customer ask?");
  await user.keyboard(HISTORY);
  expect(await screen.findByText(/the disk is gone/)).toBeTruthy();
});
