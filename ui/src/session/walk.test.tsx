// Every pair of screens by key events alone: after each step the focus is where the operator means it.
import { screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { answerTo, knowledge } from "../backend/fake";
import { asked } from "../test-window";

beforeEach(() => localStorage.clear());

const ctrl = (key: string) => `{Control>}${key}{/Control}`;
const labelled = (label: string) => () => screen.queryByLabelText(label);
const question = labelled("Question");

type Place = [name: string, keys: string, focus: () => Element | null];

const PLACES: Place[] = [
  ["the question", ctrl("1"), question],
  ["the answer", `${ctrl("1")}{Alt>}{ArrowDown}{/Alt}`, () => document.querySelector(".cm-content")],
  ["a copy that is held", `${ctrl("1")}${ctrl("{Enter}")}`, () => screen.queryByText("Edit it")],
  ["the search of Browse", ctrl("2"), labelled("Search the documents")],
  ["what is found in the source", `${ctrl("1")}${ctrl("f")}`, found],
  ["what is found in the page", `${ctrl("2")}${ctrl("f")}`, found],
];

/** Both texts may be looked through at once: the one that is shown. */
function found() {
  const fields = screen.queryAllByLabelText("Find in this document");
  return fields.find((f) => !f.closest("[hidden]")) ?? null;
}

const SHEETS = [
  ["settings", ctrl(",")],
  ["palette", ctrl("k")],
  ["keys", "{F1}"],
  ["knowledge", ctrl("u")],
] as const;

/** Of an answer, and so only where one is. */
const LABELS = [
  ["good label", ctrl("g")],
  ["bad label", ctrl("b")],
] as const;

const at = (focus: Place[2], step: string) =>
  waitFor(() => {
    expect(focus(), step).not.toBeNull();
    expect(document.activeElement === focus(), `${step}: ${document.activeElement?.outerHTML.slice(0, 120)}`).toBe(
      true,
    );
  });
const inSheet = (step: string) =>
  waitFor(() => expect(screen.queryByRole("dialog")?.contains(document.activeElement), step).toBe(true));
const noSheet = () => waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

async function walking() {
  const opened = await asked({
    knowledge,
    answer: (q) => answerTo(q, "Code 75 means that the plan requires a prior authorization.\nMade up."),
  });
  await screen.findByText("Drop it");
  // A document is open in Browse, and half a question stands in the field.
  await opened.user.keyboard(`${ctrl("2")}`);
  await screen.findByText("1 document");
  await opened.user.keyboard(`{ArrowDown}`);
  await screen.findByRole("checkbox", { name: "Step 1" });
  await opened.user.keyboard(`${ctrl("1")}half`);
  return opened.user;
}

test.each(PLACES)("from %s to every other place, and with Esc to the question", async (from, keys, focus) => {
  const user = await walking();
  for (const [to, there, then] of PLACES) {
    await user.keyboard(keys);
    await at(focus, from);
    await user.keyboard(there);
    await at(then, `${from} → ${to}`);
    for (let steps = 0; steps < 5 && document.activeElement !== question(); steps++) await user.keyboard("{Escape}");
    await at(question, `${from} → ${to}, Esc`);
  }
  expect((question() as HTMLTextAreaElement).value).toBe("half");
});

test.each(PLACES)("from %s to every sheet, to another one, and back", async (from, keys, focus) => {
  const user = await walking();
  const inBrowse = keys.includes("2");
  for (const [sheet, open] of inBrowse ? SHEETS : [...SHEETS, ...LABELS]) {
    await user.keyboard(keys);
    await at(focus, from);
    for (const [other, key] of [[sheet, open], ...SHEETS] as const) {
      await user.keyboard(key);
      await inSheet(`${from} → ${sheet} → ${other}`);
      await user.keyboard("{Escape}");
      await noSheet();
      await at(focus, `${from} → ${sheet} → ${other}, Esc`);
    }
  }
});

test.each(PLACES)("from a sheet over %s with one key to the question", async (from, keys, focus) => {
  const user = await walking();
  for (const [sheet, open] of SHEETS) {
    await user.keyboard(keys);
    await at(focus, from);
    await user.keyboard(open);
    await inSheet(`${from} → ${sheet}`);
    await user.keyboard(ctrl("1"));
    await noSheet();
    await at(question, `${from} → ${sheet} → question`);
  }
  // A label that is being made is not thrown away.
  await user.keyboard(ctrl("g"));
  await inSheet("good label");
  await user.keyboard(ctrl("1"));
  await inSheet("good label, and no further");
});
