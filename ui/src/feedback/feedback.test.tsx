import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { expect, test } from "vitest";
import type { Gap, LabelRow, LabelShown, Triage, TriageGroup } from "../backend/backend";
import type { Told } from "../backend/fake";
import { document as doc, passage } from "../backend/samples";
import { called, open } from "../test-window";
import { itemsOf } from "./items";

const row = (id: string, over: Partial<LabelRow> = {}): LabelRow => ({
  id,
  at: "2026-11-20T10:00:00Z",
  about: { document: doc.id, title: doc.title },
  question: "What is 75?",
  verdict: "bad",
  reasons: ["out_of_date"],
  release: "r41",
  operator: "0123456789abcdef",
  edited: true,
  refused: false,
  state: "open",
  fixed_in: null,
  verified_in: null,
  ...over,
});

const group = (labels: string[], over: Partial<TriageGroup> = {}): TriageGroup => ({
  about: { document: doc.id, title: doc.title },
  state: "open",
  bad: labels.length,
  good: 4,
  reasons: [["out_of_date", labels.length]],
  newest: "2026-11-20T10:00:00Z",
  labels,
  ...over,
});

const gap: Gap = { question: "Is there a starter programme?", asked: 1, newest: "2026-11-20T10:00:00Z", labels: ["g"] };

const triage: Triage = {
  groups: [
    group(["a", "b"]),
    group(["g"], { about: null, reasons: [["covered", 1]] }),
    group(["c"], { state: "fixed" }),
  ],
  rows: [row("a"), row("b"), row("c", { state: "fixed", fixed_in: doc.id }), row("g", { about: null })],
  days: [
    { day: "2026-11-19", good: 1, bad: 0 },
    { day: "2026-11-20", good: 0, bad: 3 },
  ],
};

const shown = (id: string): LabelShown => ({
  row: triage.rows.find((r) => r.id === id) ?? row(id),
  note: "It was raised.",
  draft: "You may refund $25.",
  text: "You may refund $50.",
  decision: { format: 1, tenant: "pharmacy", label: id, taken: [] },
  release: "r42",
  sources: [
    {
      passage: { ...passage, text: "Refund up to $25." },
      since: { document: doc.id, state: "changed" },
      now: "Refund up to $50.",
    },
  ],
  today: doc,
});

const told: Told = { triage: async () => triage, gaps: async () => [gap], labelShown: async (id) => shown(id) };

async function there(over: Told = told) {
  const opened = await open(over);
  await screen.findByLabelText("Question");
  await opened.user.keyboard("{Control>}4{/Control}");
  return opened;
}

const options = () =>
  screen.findAllByRole("option", { selected: undefined }).then((all) => all.filter((o) => o.id.startsWith("found-")));

test("lines are documents and gaps, each label in one of them", () => {
  const open = itemsOf(triage, [gap], "open");
  expect(open.map((i) => [i.document, i.labels])).toEqual([
    [doc.id, ["a", "b"]],
    [null, ["g"]],
  ]);
  expect(itemsOf(triage, [gap], "gaps").map((i) => i.labels)).toEqual([["g"]]);
  expect(itemsOf(triage, [gap], "fixed").map((i) => i.labels)).toEqual([["c"]]);
  expect(itemsOf(undefined, [], "open")).toEqual([]);
});

test("by keys: walked, looked at beside its sources then and today, and fixed in a document", async () => {
  const { backend, user } = await there();
  expect((await options()).length).toBe(2);
  const panel = await screen.findByRole("complementary", { name: "Label" });
  expect(await within(panel).findByText("Refund up to $25.")).toBeTruthy();
  expect(within(panel).getByText("Refund up to $50.")).toBeTruthy();
  expect(within(panel).getByText("Label 1 of 2", { exact: false })).toBeTruthy();
  await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
  expect(within(panel).getByText("Label 2 of 2", { exact: false })).toBeTruthy();
  await user.keyboard("j");
  expect((await options())[1]?.getAttribute("aria-selected")).toBe("true");
  await user.keyboard("kf");
  const field = await screen.findByLabelText(/Which document says it right now/);
  expect((field as HTMLInputElement).value).toBe(doc.id);
  await user.keyboard("{Enter}");
  await waitFor(() =>
    expect(called(backend.calls, "decide")).toEqual([["decide", ["a", "b"], { step: "fixed_in", document: doc.id }]]),
  );
});

test("what is fixed is asked again, and why it does not come right is said", async () => {
  const { user } = await there({
    ...told,
    async verifyLabels(_ids, tell) {
      tell({ label: "c", question: "q", fixed_in: doc.id, release: "r42", not_yet: { why: "same_words" } });
      return [];
    },
  });
  await user.click(await screen.findByRole("button", { name: /Fixed, not verified · 1/ }));
  await user.keyboard("r");
  expect(await screen.findByText("0 of 1 come right")).toBeTruthy();
  expect(screen.getByText("The document says there what it said.")).toBeTruthy();
});

test("empty, offline and failed are each said, and what was read before stays", async () => {
  const empty = await there({});
  expect(await screen.findByText("Nothing here.")).toBeTruthy();
  empty.unmount();
  const offline = await there({
    ...told,
    pullLabels: async () => {
      throw { code: "failed", message: "the store cannot be reached: connection refused" };
    },
  });
  expect((await screen.findByRole("alert")).textContent).toContain("Labels cannot be read now");
  expect((await options()).length).toBe(2);
  offline.unmount();
  await there({
    triage: async () => {
      throw { code: "failed", message: "the keyring is locked" };
    },
  });
  expect((await screen.findByRole("alert")).textContent).toContain("keyring");
});

test("axe finds nothing on the page", async () => {
  await there();
  await screen.findByText("Refund up to $25.");
  const result = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(result.violations).toEqual([]);
});
