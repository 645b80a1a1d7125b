// A release comes while operators go on asking.
import { act, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { SyncProgress, SyncReport } from "../backend/backend";
import {
  document as article,
  fake,
  knowledge,
  passage,
  passagesFound,
  report,
  stale,
  status,
  tooStale,
} from "../backend/fake";
import { dayOf } from "../shared/strings";
import { asked, called, gate, open } from "../test-window";

beforeEach(() => localStorage.clear());

const next = { release: "def", documents: 3, knowledge: { ...knowledge, number: 13 } };
const bar = () => within(screen.getByRole("contentinfo"));
const today = dayOf(status.release_created_at);
const noContrast = { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } };

/** A sync that goes on as told. */
function held() {
  let tell: (p: SyncProgress) => void = () => {};
  let end: (r: SyncReport) => void = () => {};
  let fail: (e: unknown) => void = () => {};
  let begun = 0;
  return {
    sync: (onProgress: (p: SyncProgress) => void) => {
      begun += 1;
      tell = onProgress;
      return new Promise<SyncReport>((resolve, reject) => {
        end = resolve;
        fail = reject;
      });
    },
    begun: () => begun,
    tell: (p: SyncProgress) => act(() => tell(p)),
    end: (r: SyncReport) => act(async () => end(r)),
    fail: (e: unknown) => act(async () => fail(e)),
  };
}

test("knowledge made on this device says its day in the bar, and has no update", async () => {
  const { backend, user } = await open();
  expect(await screen.findByText(`release of ${today}`)).toBeTruthy();
  expect(bar().queryByRole("button", { name: /release/ })).toBeNull();
  await user.keyboard("{Control>}u{/Control}");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(called(backend.calls, "sync")).toEqual([]);
});

test("the bar says which release, from where, and how fresh; what is old says so by shape and words", async () => {
  const { backend } = await open({ knowledge });
  expect((await screen.findByText(`release 12 · live · ${today} · checked 5 min ago`)).tagName).toBe("BUTTON");
  const says = async (k: typeof knowledge) => {
    act(() => backend.release({ knowledge: k }));
    await waitFor(() => expect(bar().getByRole("button", { name: /release/ }).dataset.freshness).toBe(k.freshness));
    return bar().getByRole("button", { name: /release/ }).textContent;
  };
  expect(await says(stale)).toBe(`▲ release 12 · live · ${today} · checked 3 days ago`);
  expect(await says(tooStale)).toBe(`▲ release 12 · live · ${today} · too old, checked 16 days ago`);
  expect(await says({ ...knowledge, number: 4294967295, checked_at: null, problem: "offline" })).toBe(
    `release 4294967295 · live · ${today} · never checked, last try failed`,
  );
});

test("an update shows how far it is and what came of it, and the operator goes on meanwhile", async () => {
  const going = held();
  const { backend, user } = await open({ knowledge, sync: going.sync });
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}u{/Control}");
  const sheet = within(await screen.findByRole("dialog"));
  expect(sheet.getByText("Looking for a newer release")).toBeTruthy();
  expect(sheet.getByRole("progressbar").getAttribute("aria-valuenow")).toBeNull();
  going.tell({ step: "downloading", done: 1_200_000, of: 4_800_000 });
  expect(sheet.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("25");
  expect(sheet.getByText("1.2 MB of 4.8 MB")).toBeTruthy();
  going.tell({ step: "building", done: 1200, of: 2400 });
  expect(sheet.getByRole("progressbar").getAttribute("aria-valuetext")).toBe("1,200 of 2,400");
  await user.click(sheet.getByRole("button", { name: "Updating…" }));
  expect(going.begun()).toBe(1);

  await user.keyboard("{Escape}");
  expect(await bar().findByText(`release 12 · live · ${today} · updating…`)).toBeTruthy();
  await user.type(screen.getByLabelText("Question"), "What is 75?{Enter}");
  await screen.findByText("Copy");
  await user.keyboard("{Control>}u{/Control}");
  expect(going.begun()).toBe(1);
  expect(within(await screen.findByRole("dialog")).getByText("1,200 of 2,400")).toBeTruthy();
  act(() => backend.release(next));
  await going.end(report);
  expect(await screen.findByText(/Now on release 13: 4 added, 12 changed, 2 withdrawn; 1.2 MB in 3 s\./)).toBeTruthy();
  expect(screen.getByRole("dialog", { name: `Knowledge: release 13 of ${today}` })).toBeTruthy();
  expect(screen.queryByRole("progressbar")).toBeNull();
});

test("an update that nobody asked for is seen in the bar, and who asks meanwhile hears how theirs ends", async () => {
  const by = held();
  const { backend, user } = await open({ knowledge, sync: by.sync });
  await screen.findByText(`release 12 · live · ${today} · checked 5 min ago`);
  act(() => backend.behind({ step: "checking", done: 0, of: 0 }));
  await screen.findByText(`release 12 · live · ${today} · updating…`);
  act(() => backend.behind(null));
  await screen.findByText(`release 12 · live · ${today} · checked 5 min ago`);

  act(() => backend.behind({ step: "downloading", done: 1_000_000, of: 2_000_000 }));
  await user.keyboard("{Control>}u{/Control}");
  expect(by.begun()).toBe(1);
  const bars = await screen.findByRole("progressbar");
  expect(bars.getAttribute("aria-valuenow")).toBe("50");
  act(() => backend.behind(null));
  expect(screen.getByRole("progressbar")).toBeTruthy();
  await by.end({ ...report, changed: false, number: 12 });
  expect(await screen.findByText(/^✓/)).toBeTruthy();
});

test("nothing new says so", async () => {
  const { user } = await open({ knowledge });
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByPlaceholderText(/^A command/), "update the{Enter}");
  expect(await screen.findByText(/Nothing new\./)).toBeTruthy();
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("button", { name: /release 12/ }));
  expect(within(await screen.findByRole("dialog")).queryByText(/Nothing new\./)).toBeNull();
});

test("a failed check gives its reason and can be tried again", async () => {
  let tries = 0;
  const base = fake({ knowledge });
  const { user } = await open({
    knowledge,
    sync: async (p) => {
      tries += 1;
      if (tries === 1) throw { code: "failed", message: "The store cannot be reached: no network." };
      return base.sync(p);
    },
  });
  await user.click(await screen.findByRole("button", { name: /release 12/ }));
  const sheet = within(await screen.findByRole("dialog"));
  await user.click(sheet.getByRole("button", { name: "Check now" }));
  expect(await sheet.findByText(/The store cannot be reached: no network\./)).toBeTruthy();
  expect(document.activeElement?.textContent).toBe("Check now");
  await user.keyboard("{Enter}");
  expect(await sheet.findByText(/Nothing new\./)).toBeTruthy();
});

test("an update that fails after its sheet was closed is not silent", async () => {
  const going = held();
  const { user } = await open({ knowledge, sync: going.sync });
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}u{/Control}");
  await screen.findByRole("dialog");
  await user.keyboard("{Escape}");
  await going.fail({ code: "failed", message: "Nobody trusted signed this release." });
  expect(await screen.findByText(/Nobody trusted signed this release\./)).toBeTruthy();
  expect(bar().getByText(`release 12 · live · ${today} · checked 5 min ago`)).toBeTruthy();
});

test("who is not signed in can sign in where the check failed", async () => {
  const away = {
    needs_sign_in: true,
    signed_in_until: null,
    problem: null,
    embedding: null,
    reranking: null,
    generation: null,
    checking: null,
  };
  const told = { ...status, on_aws: true, knowledge: { ...knowledge, problem: "nobody is signed in" } };
  const { backend, user } = await open({
    open: async () => told,
    status: async () => told,
    connection: async () => away,
  });
  await user.click(await screen.findByRole("button", { name: /release 12/ }));
  const sheet = within(await screen.findByRole("dialog"));
  expect(sheet.getByText(/nobody is signed in/)).toBeTruthy();
  await user.click(await sheet.findByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(called(backend.calls, "signIn").length).toBe(1));
});

test("a switch takes nothing that was typed, ticked or edited, and says which release it is", async () => {
  const { backend, user } = await asked({ knowledge });
  await screen.findByText("Copy");
  await user.keyboard("{Control>}2{/Control}");
  await user.type(await screen.findByLabelText("Search the documents"), "reject{ArrowDown}");
  await user.click(await screen.findByRole("checkbox", { name: "Step 1" }));
  await user.keyboard("{Control>}1{/Control}");
  await user.type(screen.getByLabelText("Question"), "half a quest");
  act(() => backend.release(next));
  expect(await screen.findByText(/Knowledge updated to release 13/)).toBeTruthy();
  expect((screen.getByLabelText("Question") as HTMLTextAreaElement).value).toBe("half a quest");
  expect(screen.getByText(/an earlier release/)).toBeTruthy();
  await user.keyboard("{Control>}2{/Control}");
  expect((screen.getByLabelText("Search the documents") as HTMLInputElement).value).toBe("reject");
  expect(screen.getByRole("checkbox", { name: "Step 1" }).getAttribute("aria-checked")).toBe("true");
});

test("an answer under way goes on over a switch", async () => {
  const { wait, go } = gate();
  const base = fake({ knowledge });
  const { backend } = await asked({
    knowledge,
    ask: async (question, conversation, onEvent) => {
      onEvent(passagesFound([passage]));
      onEvent({ event: "text", piece: "Code 75 means that" });
      await wait;
      return base.ask(question, conversation, onEvent);
    },
  });
  await waitFor(() => expect(document.querySelector(".cm-content")?.textContent).toContain("Code 75 means that"));
  act(() => backend.release(next));
  await screen.findByText(/Knowledge updated to release 13/);
  expect(document.querySelector("[data-turn=running]")).toBeTruthy();
  go();
  expect(await screen.findByText("Copy")).toBeTruthy();
});

test("an answer whose source was withdrawn says so and can be asked again; the source says it too", async () => {
  const { backend, user, container } = await asked({ knowledge });
  await screen.findByText("Copy");
  expect(called(backend.calls, "since")).toEqual([]);
  act(() => backend.release(next, [{ document: "reject-75", state: "withdrawn" }]));
  const notice = (await screen.findByText(/Withdrawn since this answer: “Reject 75/)).closest("[role=status]");
  expect(called(backend.calls, "since")).toEqual([["since", [passage]]]);
  expect(screen.getByRole("button", { name: /^1 ?Reject 75.*withdrawn$/ })).toBeTruthy();
  const source = within(screen.getByRole("complementary"));
  expect(await source.findByText(/no longer in the knowledge/)).toBeTruthy();
  expect(source.queryByText(/this release has no document/)).toBeNull();
  await waitFor(() => expect(document.querySelector("mark")?.textContent).toContain("Code 75 means"));
  expect((await axe.run(container, noContrast)).violations.map((v) => v.id)).toEqual([]);
  await user.click(within(notice as HTMLElement).getByRole("button", { name: /Ask again/ }));
  await waitFor(() => expect(called(backend.calls, "ask").length).toBe(2));
});

test("a source that changed shows what was cited, and where it stands now", async () => {
  let body = `A new beginning, for naïve readers.\n\n${article.body}`;
  const { backend } = await asked({ knowledge, document: async () => ({ ...article, body }) });
  await screen.findByText("Copy");
  act(() => backend.release(next, [{ document: "reject-75", state: "changed" }]));
  expect(await screen.findByText(/Changed since this answer: “Reject 75/)).toBeTruthy();
  expect(await screen.findByText(/what was cited reads the same/)).toBeTruthy();
  await waitFor(() =>
    expect(document.querySelector("mark")?.textContent).toBe(
      "Code 75 means that the plan requires a prior authorization.",
    ),
  );
  body = "Code 75 means something else by now.";
  act(() => backend.release({ release: "ghi" }, [{ document: "reject-75", state: "changed" }]));
  expect(await screen.findByText("As it was found for this answer")).toBeTruthy();
  expect(screen.getByText(body)).toBeTruthy();
  expect(document.querySelectorAll("mark").length).toBe(1);
  expect(called(backend.calls, "since").length).toBe(2);
});

test("a document that is withdrawn while it is read says so and keeps the place", async () => {
  const { backend, user } = await open({ knowledge });
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}2{/Control}");
  await screen.findByText("1 document");
  await user.keyboard("{ArrowDown}");
  await user.click(await screen.findByRole("checkbox", { name: "Step 1" }));
  act(() => backend.release(next, [{ document: "reject-75", state: "withdrawn" }]));
  expect(await screen.findByText(/no longer in the knowledge/)).toBeTruthy();
  expect(screen.getByText("0 documents")).toBeTruthy();
  expect(screen.getByRole("checkbox", { name: "Step 1" }).getAttribute("aria-checked")).toBe("true");
});

test("knowledge that is too old is not answered from, says so, and can be checked there", async () => {
  const { backend, user } = await asked({
    knowledge: tooStale,
    ask: async () => {
      throw { code: "too_stale", message: "The knowledge was last checked 16 days ago; check it first." };
    },
  });
  const failed = await screen.findByRole("alert");
  expect(failed.textContent).toContain("last checked 16 days ago");
  expect((screen.getByLabelText("Question") as HTMLTextAreaElement).value).toBe("What is 75?");
  await user.click(within(failed).getByRole("button", { name: /Check now/ }));
  expect(await screen.findByRole("dialog")).toBeTruthy();
  expect(called(backend.calls, "sync").length).toBe(1);
  await user.keyboard("{Escape}");
  await user.keyboard("{Control>}2{/Control}");
  const list = within(await screen.findByRole("main", { name: "Browse" }));
  expect(list.getByText(/Too old to answer from: checked 16 days ago/)).toBeTruthy();
  expect(await list.findByText("1 document")).toBeTruthy();
});

test("the sheet holds long notes and large numbers, and axe finds nothing in it", async () => {
  const told = {
    ...status,
    documents: 1_234_567,
    passages: 98_765_432,
    knowledge: { ...stale, number: 4294967295, notes: "One line of it.\n".repeat(80), problem: "offline" },
  };
  const { user } = await open({ open: async () => told, status: async () => told });
  await user.click(await screen.findByRole("button", { name: /release 4294967295/ }));
  const sheet = within(await screen.findByRole("dialog", { name: `Knowledge: release 4294967295 of ${today}` }));
  expect(sheet.getByText("1,234,567 documents, 98,765,432 passages")).toBeTruthy();
  expect((await axe.run(document.body, noContrast)).violations.map((v) => v.id)).toEqual([]);
});

test("a release has its number and day on every screen, and its exact name behind a click", async () => {
  const { user } = await asked({ knowledge });
  await screen.findByText("Copy");
  const name = `release 12 of ${today}`;
  expect(screen.getByText(new RegExp(`· ${name}$`))).toBeTruthy();
  expect(document.body.textContent).not.toContain("abc");
  for (const keys of ["{Control>},{/Control}", "{Control>}u{/Control}"]) {
    await user.keyboard(keys);
    const sheet = await screen.findByRole("dialog");
    expect(sheet.textContent).toContain(name);
    const details = within(sheet).getByText("Its exact name").closest("details");
    expect([details?.open, details?.textContent]).toEqual([false, "Its exact nameabc"]);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  }
});
