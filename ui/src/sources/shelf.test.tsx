// Pinned documents and those that were read last: by key and button, there again after a restart, of one tenant.
import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { Document } from "../backend/backend";
import { document as reject, status } from "../backend/fake";
import { asked, open } from "../test-window";

beforeEach(() => localStorage.clear());

const other: Document = { ...reject, id: "sop-1", title: "SOP 1: Verify", kind: "sop" };
const both = {
  documents: async () => [reject, other],
  find: async (typed: string) => [reject, other].filter((d) => d.title.includes(typed.trim())),
  document: async (id: string) => (id === other.id ? other : reject),
};
const PIN = "{Control>}{Shift>}p{/Shift}{/Control}";
const noContrast = { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } };
const list = (name: string) =>
  within(screen.getByRole("group", { name }))
    .getAllByRole("button")
    .map((b) => b.textContent);
const there = (name: string, titles: string[]) => waitFor(() => expect(list(name)).toEqual(titles), { timeout: 3000 });

test("the source beside an answer is pinned by key, opened from the list, and let go by its button", async () => {
  const { user, container } = await asked(both);
  await screen.findByText("Copy");
  await screen.findByRole("button", { name: "Pin" });
  await user.keyboard(PIN);
  await there("Pinned", [reject.title]);
  expect((await axe.run(container, noContrast)).violations).toEqual([]);
  await user.click(within(screen.getByRole("group", { name: "Pinned" })).getByRole("button"));
  const page = within(await screen.findByRole("complementary", { name: "Source" }));
  const button = await page.findByRole("button", { name: "Pin" });
  expect(button.getAttribute("aria-pressed")).toBe("true");
  await user.click(button);
  await user.keyboard("{Control>}1{/Control}");
  await waitFor(() => expect(screen.queryByRole("group", { name: "Pinned" })).toBeNull());
});

test("what was read, not what was passed by, stands there after a restart, the last one first", async () => {
  const first = await open(both);
  await screen.findByText("What does the customer ask?");
  await first.user.keyboard("{Control>}2{/Control}");
  await first.user.keyboard("Verify{Enter}");
  await screen.findByRole("heading", { level: 2, name: other.title });
  await new Promise((done) => setTimeout(done, 1700));
  await first.user.clear(screen.getByLabelText("Search the documents"));
  await first.user.keyboard("75{Enter}");
  await screen.findByRole("heading", { level: 2, name: reject.title });
  await first.user.keyboard("{Control>}1{/Control}");
  await there("Read last", [other.title]);
  first.unmount();
  await open(both);
  await screen.findByText("What does the customer ask?");
  await there("Read last", [other.title]);
});

test("another tenant has its own, and what cannot be read is nothing", async () => {
  localStorage.setItem("mortar.shelf.clinic", JSON.stringify({ pinned: [{ id: "x", title: "X" }], recent: [] }));
  localStorage.setItem(`mortar.shelf.${status.tenant}`, '{"pinned":[1,{"id":2}],"recent":"no"}');
  await open(both);
  await screen.findByText("What does the customer ask?");
  expect(screen.queryByRole("group", { name: "Pinned" })).toBeNull();
});

test("with nothing open there is nothing to pin, and that is said", async () => {
  const { user } = await open(both);
  await screen.findByText("What does the customer ask?");
  await user.keyboard(PIN);
  expect(await screen.findByText(/Choose a document first/)).toBeTruthy();
});
