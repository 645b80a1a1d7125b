// Browse: what was found is opened at its words, and what was set there is as it was when the operator comes back.
import { screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Document, DocumentRow } from "../backend/backend";
import { answerTo, document as reject } from "../backend/fake";
import { asked, gate, open } from "../test-window";

beforeEach(() => localStorage.clear());

const sop: Document = {
  ...reject,
  id: "sop-14",
  title: "SOP 14",
  kind: "sop",
  codes: [],
  tags: ["steps"],
  body: "How it begins.\n\n1. Open the claim.\n2. Send the request to the prescriber. Wait for it.\n3. Call.",
};
const all = [reject, sop];
const find = async (typed: string): Promise<DocumentRow[]> =>
  all.filter((d) => `${d.title} ${d.body}`.toLowerCase().includes(typed.trim().toLowerCase()));
const two = {
  documents: async () => all,
  find,
  document: async (id: string) => all.find((d) => d.id === id) ?? reject,
};

const search = () => screen.getByLabelText("Search the documents") as HTMLInputElement;
const lit = () => document.querySelector("aside:not([hidden]) mark")?.textContent;
const title = (name: RegExp) => screen.findByRole("heading", { level: 2, name });

async function browsing(over = {}) {
  const opened = await open({ ...two, ...over });
  await screen.findByText("What does the customer ask?");
  await opened.user.keyboard("{Control>}2{/Control}");
  await screen.findByText("2 documents");
  return opened;
}

test("Enter opens the best hit at the words that were typed, in the middle", async () => {
  const { user } = await browsing();
  const into = vi.spyOn(Element.prototype, "scrollIntoView");
  onTestFinished(() => into.mockRestore());
  await user.keyboard("the request{Enter}");
  await title(/SOP 14/);
  await waitFor(() => expect(lit()).toBe("Send the request to the prescriber."));
  expect(into).toHaveBeenLastCalledWith({ block: "center" });
  expect(document.activeElement).toBe(search());
});

test("also before it is found, and though another is open", async () => {
  const { wait, go } = gate();
  const { user } = await browsing({ find: (typed: string) => wait.then(() => find(typed)) });
  await user.keyboard("{ArrowDown}");
  await title(/Reject 75/);
  await user.keyboard("prescriber{Enter}");
  go();
  await title(/SOP 14/);
});

test("but not for words that were typed on since", async () => {
  const { wait, go } = gate();
  const { user } = await browsing({ find: (typed: string) => wait.then(() => find(typed)) });
  await user.keyboard("prescr{Enter}iber");
  go();
  await screen.findByText("1 document");
  await new Promise((done) => setTimeout(done, 50));
  expect(screen.getByText("Choose a document to read it here.")).toBeTruthy();
});

test("Enter leaves the hit that was gone to", async () => {
  const { user } = await browsing();
  await user.keyboard("a{ArrowDown}{ArrowDown}");
  await title(/SOP 14/);
  await user.keyboard("{Enter}");
  await new Promise((done) => setTimeout(done, 50));
  expect(await title(/SOP 14/)).toBeTruthy();
});

test("search and kind are as they were after a look elsewhere, by key and by “Open in Browse”", async () => {
  const { user } = await browsing();
  await user.click(screen.getByRole("button", { name: /^SOPs/ }));
  await user.click(search());
  await user.keyboard("request{Enter}");
  await title(/SOP 14/);
  await user.keyboard("{Control>}1{/Control}What is 75?{Enter}");
  await screen.findByText("Copy");
  await user.keyboard("{Control>}2{/Control}");
  expect(search().value).toBe("request");
  await user.keyboard("{Control>}1{/Control}");
  await user.click(await screen.findByText("Open in Browse"));
  await title(/Reject 75/);
  // At the words that were cited.
  await waitFor(() => expect(lit()).toBe("Code 75 means that the plan requires a prior authorization."));
  expect(search().value).toBe("request");
  expect(screen.getByRole("button", { name: /^SOPs/ }).getAttribute("aria-pressed")).toBe("true");
});

const refused = () => asked({ ...two, answer: (q) => answerTo(q, "") }, "code 7Z5");

test.each([
  [
    "the button",
    async (user: Awaited<ReturnType<typeof refused>>["user"]) => user.click(screen.getByText("Browse all codes")),
  ],
  ["its key", async (user: Awaited<ReturnType<typeof refused>>["user"]) => user.keyboard("{Control>}2{/Control}")],
])("%s below a refusal shows the codes, says so, and the next search is over all", async (_, press) => {
  const { user } = await refused();
  await screen.findByText("Browse all codes");
  await press(user);
  expect(await screen.findByText("1 document")).toBeTruthy();
  const only = screen.getByRole("button", { name: "Only Codes: show all documents" });
  expect(only.textContent).toContain("Codes");
  await user.keyboard("a");
  expect(await screen.findByText("2 documents")).toBeTruthy();
  expect(only.isConnected).toBe(false);
});

test("a kind that the operator set stays with the next search, and its way out is one click", async () => {
  const { user } = await browsing();
  await user.click(screen.getByRole("button", { name: /^Codes/ }));
  await user.click(search());
  await user.keyboard("a");
  expect(await screen.findByText("1 document")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Only Codes: show all documents" }));
  expect(await screen.findByText("2 documents")).toBeTruthy();
  expect(search().value).toBe("a");
});

test("the codes below a refusal leave what was looked for among them", async () => {
  const { user } = await refused();
  await screen.findByText("Browse all codes");
  await user.keyboard("{Control>}2{/Control}");
  await screen.findByText("1 document");
  await user.click(screen.getByRole("button", { name: /^Codes/ }));
  await user.click(screen.getByRole("button", { name: /^Codes/ }));
  await user.click(search());
  await user.keyboard("reject");
  await user.keyboard("{Control>}1{/Control}{Control>}2{/Control}");
  expect(search().value).toBe("reject");
});
