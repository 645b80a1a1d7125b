// Several questions in one message: which has its answer, and which has no source, one below the other.
import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { Passage, QuestionPart } from "../backend/backend";
import { answerTo, fake, passage, passagesFound } from "../backend/fake";
import { asked, gate } from "../test-window";

beforeEach(() => localStorage.clear());

const part = (over: Partial<QuestionPart>): QuestionPart => ({
  asked: "What is 75?",
  asked_as: null,
  as_of: "2026-11-22",
  day: null,
  reason: null,
  passages: [1],
  sentences: [0],
  unknown_codes: [],
  look_alikes: [],
  missing: [],
  ...over,
});

const near: Passage = {
  ...passage,
  id: "lamictal#0",
  document: "lamictal",
  number: 2,
  title: "Lamictal",
  carries: false,
  lacks: ["Lamisil"],
};

const open = part({
  asked: "Is Lamisil in stock?",
  reason: "other_subject",
  passages: [2],
  sentences: [],
  missing: [{ subject: "Lamisil", nowhere: true, nearest: "Lamictal" }],
});

const list = async () => within(await screen.findByRole("list", { name: "Questions of the message" }));

test("each question says whether it has its answer, why it has none, and what to do", async () => {
  const { user, container } = await asked({
    answer: (q) => ({ ...answerTo(q), passages: [passage, near], missing: open.missing, parts: [part({}), open] }),
  });
  await screen.findByText("Copy");
  const items = (await list()).getAllByRole("listitem");
  expect(items.map((i) => i.textContent)).toEqual([
    "What is 75?answered [1]",
    "Is Lamisil in stock?no source Nothing here is about Lamisil. Nearest: Lamictal, which is another. Read what is nearest, or pass it on. Nearest sources: “Lamictal”",
  ]);
  // It is said once.
  expect(screen.getAllByText(/Nothing here is about Lamisil/)).toHaveLength(1);
  const chip = screen.getByRole("button", { name: new RegExp(`^1.*${passage.title}`) });
  await waitFor(() => expect(chip.className).toContain("border-accent"));
  // By keyboard to the source that came nearest.
  screen.getByRole("button", { name: "“Lamictal”" }).focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(chip.className).not.toContain("border-accent"));
  const found = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
});

test("which question has no source is known before the first words", async () => {
  const { wait, go } = gate();
  const base = fake();
  await asked({
    ask: async (question, conversation, onEvent) => {
      onEvent(passagesFound([passage, near], false, [part({ sentences: [] }), open]));
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  const states = (await list()).getAllByRole("listitem").map((i) => i.textContent);
  expect(states[0]).toContain("source found");
  expect(states[1]).toContain("no source");
  go();
});

test("a message of which nothing has a source is a refusal that names each of its questions", async () => {
  const code = part({
    asked: "What is 7Z5?",
    reason: "unknown_code",
    unknown_codes: ["7Z5"],
    look_alikes: [{ code: "75", document: "reject-75", title: passage.title }],
    passages: [],
    sentences: [],
  });
  await asked({
    answer: (q) => ({ ...answerTo(q, ""), reason: "other_subject", parts: [open, code], missing: open.missing }),
  });
  await waitFor(() => expect(document.querySelector("[data-refusal]")).not.toBeNull());
  const card = document.querySelector("[data-refusal]") as HTMLElement;
  expect(card.textContent).toContain("No source of the pharmacy covers any of this.");
  expect(card.textContent).not.toContain("Lamisil");
  const items = (await list()).getAllByRole("listitem");
  expect(items.map((i) => i.getAttribute("data-part"))).toEqual(["other_subject", "unknown_code"]);
  expect(items[1]?.textContent).toContain("Looks like 75. Check the code on the claim.");
});

test("what may be danger to life stands first and is called no answer", async () => {
  const urgent: Passage = { ...near, title: "Poison Control", carries: true, lacks: [], emergency: true };
  const asks = part({ asked: "My son swallowed pills", passages: [2], sentences: [] });
  await asked({
    answer: (q) => ({ ...answerTo(q), emergency: true, passages: [passage, urgent], parts: [part({}), asks] }),
  });
  await screen.findByText("Copy");
  const items = (await list()).getAllByRole("listitem");
  expect(items.map((i) => i.textContent)).toEqual([
    "My son swallowed pillsfor an emergency [2]",
    "What is 75?answered [1]",
  ]);
});

test("one question looks as it always did", async () => {
  await asked();
  await screen.findByText("Copy");
  expect(screen.queryByRole("list", { name: "Questions of the message" })).toBeNull();
});
