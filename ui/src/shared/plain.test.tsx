// What went wrong is told in the operator's words; what is for machines stands behind “More”.
import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { answerTo, fake, status } from "../backend/fake";
import { asked, open } from "../test-window";
import { plain } from "./plain";

beforeEach(() => localStorage.clear());

const NOT = "That did not work.";

test.each([
  "The question has 100000 characters.",
  "nobody is signed in",
  "the file 0a1b2c3d4e5f of the release is not what was signed: 12 bytes instead of 13",
  "The knowledge was last checked 16 days ago; check it first.",
  "this release has no document “a”",
  "the store cannot be reached: no network",
])("“%s” is told as it is", (message) => expect(plain(message, NOT)).toEqual({ words: message, more: null }));

test.each([
  ["the embedding model's weights are not in /home/x/.cache: run `cargo xtask setup`", NOT],
  ["/var/lib/mortar/data.mdb: Read-only file system (os error 30)", `${NOT} Mortar may not write on this device.`],
  ["Permission denied (os error 13)", `${NOT} Mortar may not write on this device.`],
  ["write: No space left on device (os error 28)", `${NOT} There is no room left on this device.`],
  ["unexpected EOF while reading", NOT],
  ["C:\\Users\\x\\mortar: not found", NOT],
  ["mortar_store::SyncError { code: 3 }", NOT],
  ["GET https://bucket.example/x: 500", NOT],
])("“%s” is told as “%s”", (message, words) => expect(plain(message, NOT)).toEqual({ words, more: message }));

const ROT = "/home/x/.mortar/data.mdb: unexpected EOF (os error 5)";
const broken = async () => {
  throw { code: "failed", message: ROT };
};

/** Read at a glance: all but what is behind “More”. */
const glance = (of: Element) => {
  const copy = of.cloneNode(true) as Element;
  for (const details of copy.querySelectorAll("details:not([open]) > :not(summary)")) details.remove();
  return copy.textContent ?? "";
};

test.each<[string, () => Promise<Element>]>([
  ["opening", async () => (await open({ open: broken })) && screen.findByRole("alert")],
  ["a question", async () => (await asked({ ask: broken })) && screen.findByRole("alert")],
  [
    "a copy",
    async () => {
      const { user } = await asked({ copy: broken });
      await user.click(await screen.findByText("Copy"));
      return (await screen.findByText(/That did not work/)).closest("[aria-live]") as Element;
    },
  ],
  ["a source", async () => (await asked({ document: broken })) && (await screen.findByText(/That did not work/))],
  [
    "a model",
    async () => {
      await asked({
        answer: (q) => ({ ...answerTo(q), notices: [{ about: "generation", fault: "failed", message: ROT }] }),
      });
      return screen.findByRole("status");
    },
  ],
  [
    "the list of Browse",
    async () => {
      const { user } = await open({ documents: broken });
      await screen.findByText("What does the customer ask?");
      await user.keyboard("{Control>}2{/Control}");
      return screen.findByRole("alert");
    },
  ],
])("%s that fails shows no path and no error's number, but has them", async (_, shown) => {
  const place = await shown();
  expect(glance(place)).not.toMatch(/os error|EOF|mdb/);
  expect(glance(place)).toContain("More");
  expect(place.textContent).toContain(ROT);
});

test("who reads on in what is said in passing has the time for it", async () => {
  const { user } = await asked({ copy: broken });
  await user.click(await screen.findByText("Copy"));
  await user.click(await screen.findByText("More"));
  expect(screen.getByText(ROT).closest("details")?.open).toBe(true);
  const said = document.querySelector("[aria-live=assertive]") as HTMLElement;
  await user.click(within(said).getByRole("button", { name: "Close" }));
  expect(screen.queryByText(ROT)).toBeNull();
});

test("where nothing can be kept, it is said what, and labels say why they cannot be", async () => {
  const told = { ...status, records_problem: "/home/x: Read-only file system (os error 30)" };
  const base = fake();
  const { user } = await asked({
    open: async () => told,
    status: async () => told,
    ask: async (q, c, tell) => ({ ...(await base.ask(q, c, tell)), exchange: null }),
  });
  await screen.findByText("Copy");
  expect(screen.getByText("No label: nothing can be kept on this device.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Good" })).toBeNull();
  await user.keyboard("{Control>}g{/Control}");
  expect((await screen.findAllByText(/No label: nothing can be kept/)).length).toBe(2);
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.click(screen.getByRole("button", { name: /Conversations are not kept/ }));
  const sheet = await screen.findByRole("dialog");
  expect(within(sheet).getByText(/Questions, edits and labels of today are not kept/).textContent).toContain(
    "Mortar may not write on this device.",
  );
  expect(glance(sheet)).not.toContain("os error");
});

test("a long question can be read whole", async () => {
  const words = "why ".repeat(200).trim();
  const { user } = await asked({}, words);
  await screen.findByText("Copy");
  const heading = screen.getByRole("heading", { level: 1 });
  const clamped = () => heading.className.includes("line-clamp");
  expect(clamped()).toBe(true);
  await user.click(screen.getByRole("button", { name: "Show the whole question" }));
  expect(clamped()).toBe(false);
  await user.click(screen.getByRole("button", { name: "Show less of it" }));
  await waitFor(() => expect(clamped()).toBe(true));
});

test("a short one has nothing to show", async () => {
  await asked();
  await screen.findByText("Copy");
  expect(screen.queryByRole("button", { name: /whole question/ })).toBeNull();
});
