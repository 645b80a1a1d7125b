// What an answer says of itself before it is read: an emergency, sources that disagree, a day, an exception, and
// what of all that was found was used.
import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { Answer, Missing, Passage } from "../backend/backend";
import { answerTo, fake, passage, passagesFound } from "../backend/fake";
import { asked, gate } from "../test-window";

beforeEach(() => localStorage.clear());

const other = (id: string, over: Partial<Passage> = {}): Passage => ({
  ...passage,
  id: `${id}#0`,
  document: id,
  number: 2,
  title: `About ${id}`,
  ...over,
});

async function answered(over: Partial<Answer>) {
  const opened = await asked({ answer: (q) => ({ ...answerTo(q), ...over }) });
  await screen.findByText("Copy");
  return opened;
}

async function refused(missing: Missing[], passages: Partial<Passage>[] = []) {
  const near = passages.map((p, i) => other(`near-${i}`, { carries: false, ...p }));
  const opened = await asked({
    answer: (q) => ({
      ...answerTo(q, ""),
      reason: "other_subject",
      unknown_codes: [],
      look_alikes: [],
      missing,
      passages: near,
    }),
  });
  await waitFor(() => expect(document.querySelector("[data-refusal=other_subject]")).not.toBeNull());
  return { ...opened, refusal: document.querySelector("[data-refusal]") as HTMLElement };
}

const sound = async (of: Element) =>
  (await axe.run(of, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } })).violations.map(
    (v) => `${v.id}: ${v.nodes[0]?.html}`,
  );

const lamisil = { subject: "Lamisil", nowhere: true, nearest: "Lamictal" };

test("a refusal names what nothing is about, what is nearest, and what that is not about", async () => {
  const { user, refusal, container } = await refused([lamisil], [{ lacks: ["Lamisil"] }, {}]);
  expect(within(refusal).getByText("Nothing here is about Lamisil.")).toBeTruthy();
  expect(within(refusal).getByText("Nearest: Lamictal, which is another.")).toBeTruthy();
  expect(within(refusal).getByText(/No answer was written, because what is said of another/)).toBeTruthy();
  expect(within(refusal).getByRole("button", { name: /About near-0/ }).textContent).toContain("not about Lamisil");
  expect(within(refusal).getByRole("button", { name: /About near-1/ }).textContent).toContain("near, not used");
  expect(screen.queryByRole("alert")).toBeNull();
  expect(await sound(container)).toEqual([]);
  await user.click(within(refusal).getByRole("button", { name: /^Browse/ }));
  // All documents, not the codes alone.
  expect(await screen.findByText("1 document")).toBeTruthy();
});

test("several subjects stand in one sentence, and what is named elsewhere is not said to be nowhere", async () => {
  const plan = { subject: "Plan 137", nowhere: false, nearest: "Lamictal" };
  const { refusal } = await refused([lamisil, plan]);
  expect(within(refusal).getByText("Nothing found is about Lamisil or Plan 137.")).toBeTruthy();
  expect(within(refusal).getByText("Nearest: Lamictal, which is another.")).toBeTruthy();
  expect(refusal.textContent).not.toContain("This is what came nearest");
});

test.each([
  ["step 9", "“SOP 6: Lost package” has no step 9.", "has no step 9"],
  ["a step after step 9", "“SOP 6: Lost package” has no step after step 9.", "has no step after step 9"],
  ["a last step", "“SOP 6: Lost package” has no last step.", "has no last step"],
])("of %s it says which document has none", async (subject, words, why) => {
  const title = "SOP 6: Lost package";
  const { refusal } = await refused([{ subject, nowhere: false, nearest: title }], [{ title, lacks: [subject] }]);
  expect(within(refusal).getByText(words)).toBeTruthy();
  expect(within(refusal).getByRole("button", { name: /SOP 6/ }).textContent).toContain(why);
  expect(refusal.textContent).not.toContain("Nearest:");
  expect(refusal.textContent).toContain("Read the steps in the document itself.");
});

test("an emergency is announced with the passages, above whatever is written", async () => {
  const base = fake();
  const { wait, go } = gate();
  const urgent = { ...passage, emergency: true };
  const { container } = await asked({
    ask: async (question, conversation, onEvent) => {
      onEvent(passagesFound([urgent]));
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe(
    "▲ This may be an emergency. Below is what the sources say to do; it is no answer to the question.",
  );
  const chips = screen.getByLabelText("Passages");
  expect(alert.compareDocumentPosition(chips) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  expect(await sound(container)).toEqual([]);
  go();
});

test("an emergency for which there is no source says so", async () => {
  await answered({ emergency: true });
  expect((await screen.findByRole("alert")).textContent).toContain("No source says what to do in one");
});

test("an answer like others has no band", async () => {
  await answered({});
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.queryByRole("region", { name: "Sources disagree" })).toBeNull();
  expect(screen.queryByText(/as the question says/)).toBeNull();
  expect(screen.queryByText(/Exception/)).toBeNull();
});

test("sources that disagree are set side by side, each a way to its source", async () => {
  const { user, container } = await answered({
    passages: [passage, other("returns")],
    disagree: [{ one: 1, other: 2, says: "Within 30 days.", contradicts: "Within 14 days." }],
  });
  const band = await screen.findByRole("region", { name: "Sources disagree" });
  expect(
    within(band)
      .getAllByRole("listitem")
      .map((l) => l.textContent),
  ).toEqual(["[1] says “Within 30 days.”", "[2] says “Within 14 days.”"]);
  expect(within(band).getByText("None was picked: check before you answer.")).toBeTruthy();
  expect(await sound(container)).toEqual([]);
  const first = screen.getByRole("button", { name: `1${passage.title}, used` });
  await waitFor(() => expect(first.className).toContain("border-accent"));
  await user.click(within(band).getByRole("button", { name: "[2]" }));
  await waitFor(() => expect(first.className).not.toContain("border-accent"));
});

test("the day that a question names stands beside the release", async () => {
  await answered({ day: "in July 2026", as_of: "2026-07-31" });
  expect(screen.getByText(/release of \d+ \w+ \d+ · as of 31 July 2026, as the question says$/)).toBeTruthy();
});

test("the exception for a case says on its chip which", async () => {
  await answered({ passages: [{ ...passage, case: "controlled substance" }, other("rule")] });
  const chips = within(screen.getByLabelText("Passages")).getAllByRole("button");
  expect(chips.map((c) => c.textContent?.includes("Exception: controlled substance"))).toEqual([true, false]);
});

test("beside a source stands what became of the others", async () => {
  const { sentences } = answerTo("");
  const cited = sentences.flatMap((s) => s.citations.map((c) => ({ ...c, document: "second", passage: "second#0" })));
  await answered({
    passages: [
      passage,
      other("second"),
      other("third"),
      other("fourth", { carries: false, lacks: ["Lamisil"] }),
      other("fifth", { carries: false }),
      other("sixth", { emergency: true }),
    ],
    sentences: sentences.map((s) => ({ ...s, citations: [...s.citations, ...cited] })),
  });
  const panel = within(screen.getByRole("complementary"));
  await panel.findByText("Also found");
  const said = (id: string) => panel.getByRole("button", { name: new RegExp(`About ${id}`) }).lastChild?.textContent;
  expect(["second", "third", "fourth", "fifth", "sixth"].map(said)).toEqual([
    "used",
    "near, not used",
    "not about Lamisil",
    "weak",
    "for an emergency",
  ]);
});

test("while an answer is written, what is not used yet is only near", async () => {
  const { wait, go } = gate();
  const base = fake();
  await asked({
    ask: async (question, conversation, onEvent) => {
      onEvent(passagesFound([passage, other("second")]));
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  const panel = within(screen.getByRole("complementary"));
  expect((await panel.findByRole("button", { name: /About second/ })).lastChild?.textContent).toBe("near");
  go();
});
