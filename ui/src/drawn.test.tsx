// What is drawn when: first words wait for nothing, and a key draws nothing but its own field.
import { act, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Event } from "./backend/backend";
import { fake, passage, passagesFound } from "./backend/fake";
import { drawn } from "./test-drawn";
import { asked, gate } from "./test-window";

const { watch } = vi.hoisted(() => ({
  watch: (name: string) => async (real: () => Promise<unknown>) =>
    (await import("./test-drawn")).watched((await real()) as Record<string, unknown>, name),
}));
vi.mock("./ask/turn-view", watch("TurnView"));
vi.mock("./ask/turn-head", watch("TurnHead"));
vi.mock("./ask/chips", watch("Chips"));
vi.mock("./answer/card-actions", watch("CardActions"));
vi.mock("./sources/source-panel", watch("SourcePanel"));
vi.mock("./sources/source-text", watch("Present"));
vi.mock("./session/nav", watch("Nav"));
const text = vi.hoisted(() => ({ made: 0 }));
vi.mock("react-markdown", async (real) => {
  const { default: Markdown } = await real<typeof import("react-markdown")>();
  const Counted = (props: Parameters<typeof Markdown>[0]) => {
    text.made += 1;
    return Markdown(props);
  };
  return { default: Counted };
});
vi.mock("./session/keyboard", watch("Keyboard"));
vi.mock("./session/status-bar", watch("StatusBar"));

beforeEach(() => localStorage.clear());

const pause = (ms: number) => act(() => new Promise((done) => setTimeout(done, ms)));

/** What is drawn while something is done, and a moment later. */
async function during(act: () => unknown) {
  drawn.length = 0;
  await act();
  await pause(50);
  return [...new Set(drawn)].sort();
}

/** An answer that comes as told. */
async function coming(question: string) {
  const base = fake();
  let tell: (e: Event) => void = () => {};
  const { wait, go } = gate();
  const opened = await asked(
    {
      document: async (id) => ({ ...(await base.document(id)), id }),
      ask: async (q, conversation, onEvent) => {
        if (q !== question) return base.ask(q, conversation, onEvent);
        tell = onEvent;
        await wait;
        return base.ask(q, conversation, onEvent);
      },
    },
    "What is 75?",
  );
  await screen.findByText("Copy");
  await opened.user.type(screen.getByLabelText("Question"), `${question}{Enter}`);
  await waitFor(() => expect(document.querySelector("[data-turn=searching]")).not.toBeNull());
  // Let go, so that the next test finds nothing under way.
  onTestFinished(go);
  return { tell: (e: Event) => act(() => tell(e)), told: (e: Event) => tell(e) };
}

test("a key draws nothing but the question", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  await pause(300);
  expect(await during(() => user.type(screen.getByLabelText("Question"), "and 76"))).toEqual([]);
});

test("a key in Browse draws nothing of the answers", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard("{Control>}2{/Control}");
  const field = await screen.findByLabelText("Search the documents");
  await pause(300);
  // The kinds and tags stand in the left column.
  expect(await during(() => user.type(field, "claim"))).toEqual(["Nav"]);
});

test("a tick and a search within draw the text no oftener than they must", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard("{Control>}2{/Control}reject{Enter}");
  const tick = await screen.findByRole("checkbox", { name: "Step 1" });
  await pause(300);
  const makes = async (act: () => Promise<unknown>) => {
    const before = text.made;
    await during(act);
    return text.made - before;
  };
  expect(await makes(() => user.click(tick))).toBe(0);
  expect(tick.getAttribute("aria-checked")).toBe("true");
  expect(await makes(() => user.keyboard("{Control>}f{/Control}"))).toBe(0);
  await screen.findByLabelText("Find in this document");
  expect(await makes(() => user.keyboard("the"))).toBe(3);
  expect(await makes(() => user.keyboard("{Enter}"))).toBe(0);
});

test("the card stands there with the passages, before anything else is done", async () => {
  const { told } = await coming("And 76?");
  // Not in React's own time: what is asked of the page right behind the event finds it.
  told(passagesFound([passage]));
  expect(document.querySelectorAll("[data-state=running]").length).toBe(1);
});

test("words that come draw nothing but their own line", async () => {
  const { tell } = await coming("And 76?");
  tell(passagesFound([passage]));
  await pause(200);
  const parts = await during(() => tell({ event: "writing", text: "A rejection" }));
  expect(screen.getByText("A rejection")).toBeTruthy();
  expect(parts).toEqual(["TurnView of And 76?"]);
});

test("the source is drawn after the first words have had their time", async () => {
  const { tell } = await coming("And 76?");
  drawn.length = 0;
  tell(passagesFound([{ ...passage, id: "other#0", document: "other", title: "The other" }]));
  await pause(50);
  expect(drawn).not.toContain("Present");
  await waitFor(() => expect(drawn).toContain("Present"));
});

test("what comes of one answer draws no other", async () => {
  const { tell } = await coming("And 76?");
  tell(passagesFound([passage]));
  await pause(200);
  const parts = await during(() => {
    tell({ event: "text", piece: "A rejection." });
    tell({ event: "notice", notice: { about: "embedding", fault: "slow", message: "slow" } });
  });
  expect(parts).toContain("TurnView of And 76?");
  expect(parts.filter((p) => p.endsWith("What is 75?"))).toEqual([]);
  expect(parts).not.toContain("StatusBar");
});
