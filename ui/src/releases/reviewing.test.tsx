// The releases' page in all its states: found, walked, marked and promoted by keys alone.
import { act, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import type { Weighed } from "../backend/backend";
import { knowledge, type Told } from "../backend/fake";
import { lost, nothingOther, number, reworded, store, weighed } from "../backend/fake-releases";
import { called, gate, open } from "../test-window";

beforeEach(() => localStorage.clear());

const list = () => screen.findByRole("listbox", { name: "What is other" });
const chosen = () => document.querySelector("[role=option][aria-selected=true]")?.textContent ?? "";
const noContrast = { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } };

async function clean() {
  const { violations } = await axe.run(document.body, noContrast);
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

async function there(over: Told = {}) {
  const opened = await open({ knowledge, ...over });
  await screen.findByText("What does the customer ask?");
  await opened.user.keyboard("{Control>}3{/Control}");
  await screen.findByRole("main", { name: "Releases" });
  return opened;
}

async function compared(over: Told = {}) {
  const opened = await there(over);
  await screen.findByRole("heading", { name: /^live/ });
  await opened.user.keyboard("c");
  await screen.findByRole("heading", { level: 1, name: /^preview 42 over/ });
  return opened;
}

test("without a store there is no such page", async () => {
  const { user } = await open();
  await screen.findByText("What does the customer ask?");
  await user.keyboard("{Control>}3{/Control}");
  expect(screen.queryByRole("button", { name: /^Releases/ })).toBeNull();
  expect(screen.getByText("What does the customer ask?")).toBeTruthy();
});

test("the channels are there before anything is compared", async () => {
  await there();
  const live = await screen.findByRole("region", { name: "live" });
  expect(live.textContent).toContain("release 41 of 20 Nov 2026 · 1,204 documents");
  expect(live.textContent).toContain("on all devices");
  expect(within(screen.getByRole("region", { name: "All releases" })).getByText("preview")).toBeTruthy();
  await clean();
});

test("a store that is read says so, and one that cannot be says why and is read again", async () => {
  const { wait, go } = gate();
  let tries = 0;
  const { user } = await there({
    async releases() {
      await wait;
      tries += 1;
      if (tries === 1) throw { code: "failed", message: "the store cannot be reached: no route" };
      return store;
    },
  });
  expect(screen.getByText("Reading the store…")).toBeTruthy();
  await clean();
  go();
  expect((await screen.findByRole("alert")).textContent).toContain("cannot be reached");
  await clean();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("region", { name: "preview" })).toBeTruthy();
});

test("with one channel it says how there come to be two", async () => {
  await there({ store: { ...store, channels: store.channels.slice(0, 1) } });
  expect(await screen.findByText(/^No other channel than live has a release/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /^Compare/ })).toBeNull();
  await clean();
});

test("a comparison tells how far it is, is stopped by a key, and what comes of it is not shown", async () => {
  const { wait, go } = gate();
  const { backend, user } = await there({
    async weigh(_from, _to, tell) {
      tell({ step: "asking", done: 606, of: 1214 });
      await wait;
      return weighed;
    },
  });
  await screen.findByRole("region", { name: "live" });
  await user.keyboard("c");
  const bar = await screen.findByRole("progressbar", { name: "Compare" });
  await waitFor(() => expect(bar.getAttribute("aria-valuenow")).toBe("49"));
  await clean();
  // The window is free meanwhile.
  await user.keyboard("{Control>}1{/Control}What is 75?{Enter}");
  await screen.findByText("Copy");
  await user.keyboard("{Control>}3{/Control}{Escape}");
  await waitFor(() => expect(screen.queryByRole("progressbar", { name: "Compare" })).toBeNull());
  expect(called(backend.calls, "stopWeighing").length).toBe(1);
  await act(async () => go());
  expect(screen.queryByRole("listbox", { name: "What is other" })).toBeNull();
  expect(screen.getByRole("heading", { level: 1, name: "Releases" })).toBeTruthy();
});

test("one that fails says why, and can be done again", async () => {
  let tries = 0;
  const { user } = await there({
    async weigh() {
      tries += 1;
      if (tries === 1) throw { code: "failed", message: "there is nothing to ask" };
      return weighed;
    },
  });
  await screen.findByRole("region", { name: "live" });
  await user.keyboard("c");
  expect(await screen.findByText("there is nothing to ask")).toBeTruthy();
  await user.keyboard("c");
  expect(await list()).toBeTruthy();
  expect(screen.queryByText("there is nothing to ask")).toBeNull();
});

test("changes are walked by keys, and both sides of each are beside them", async () => {
  const { user } = await compared();
  expect(document.activeElement).toBe(await list());
  expect(chosen()).toContain("reject 75");
  await user.keyboard("j");
  expect(chosen()).toContain("$50 → $500");
  const side = within(screen.getByRole("complementary"));
  expect(side.getByText("An operator may refund $500.")).toBeTruthy();
  await user.keyboard("{ArrowDown}j");
  expect(chosen()).toContain(number.ask);
  expect(side.getByRole("heading", { name: "live 41" })).toBeTruthy();
  expect(side.getByRole("heading", { name: "Because · Refunds" })).toBeTruthy();
  expect(document.querySelector("aside:not([hidden]) del")?.textContent).toBe("3");
  await user.keyboard("k");
  expect(chosen()).toContain(lost.ask);
  expect(side.getByText(/^▲ Not answered/)).toBeTruthy();
  await user.keyboard("{End}");
  expect(chosen()).toContain("GLP-1");
  await user.keyboard("{Home}");
  expect(chosen()).toContain("reject 75");
  await clean();
});

test("marks go by keys, with a note, to the next change; they count in the gate", async () => {
  const { backend, user } = await compared();
  await user.keyboard("y");
  expect(await screen.findByText(/Only answers are marked/)).toBeTruthy();
  await user.keyboard("jj");
  await user.type(screen.getByLabelText("Note to the mark"), "Retired, yes no.");
  await user.click(await list());
  await user.click(screen.getByRole("option", { name: /What does reject 75 mean/ }));
  await user.type(screen.getByLabelText("Note to the mark"), "Ask Benefits.");
  await user.click(screen.getByRole("button", { name: "Unwanted" }));
  const question = { ask: lost.ask, after: null, as_of: null };
  await waitFor(() => expect(called(backend.calls, "mark")).toEqual([["mark", question, "unwanted", "Ask Benefits."]]));
  await waitFor(() => expect(chosen()).toContain(number.ask));
  expect(screen.getByRole("option", { name: /What does reject 75 mean/ }).textContent).toContain("unwanted ▲");
  (await list()).focus();
  await user.keyboard("y");
  await waitFor(() => expect(chosen()).toContain(reworded.ask));
  await user.keyboard("i");
  await waitFor(() =>
    expect(called(backend.calls, "mark").map((c) => c[2])).toEqual(["unwanted", "wanted", "irrelevant"]),
  );
  expect(screen.getByText("2 of 2")).toBeTruthy();
  expect(screen.getByText("1 of 2")).toBeTruthy();
  expect(screen.getByText("unwanted: What does reject 75 mean? (anna)")).toBeTruthy();
  await clean();
});

test("an unwanted change becomes a golden question by a key", async () => {
  const { backend, user } = await compared();
  await user.keyboard("jjg");
  expect(await screen.findByText(/It is asked from now on: golden.toml/)).toBeTruthy();
  expect(called(backend.calls, "makeGolden")).toEqual([["makeGolden", { ask: lost.ask, after: null, as_of: null }]]);
});

test("a mark that does not arrive is said, and the change stays where it is", async () => {
  const { user } = await compared({
    mark: async () => {
      throw { code: "failed", message: "the store cannot be reached" };
    },
  });
  await user.keyboard("jjn");
  expect(await screen.findByText(/the store cannot be reached/)).toBeTruthy();
  expect(chosen()).toContain(lost.ask);
  expect(chosen()).toContain("to review");
});

test("what is refused is promoted only with a reason, which is handed on with the share", async () => {
  const { backend, user } = await compared();
  await user.keyboard("p");
  const sheet = await screen.findByRole("dialog", { name: "Promote release 42 to live" });
  expect(within(sheet).getByText("a code is lost: reject 75 (it was in reject-75)")).toBeTruthy();
  await clean();
  await user.click(within(sheet).getByRole("button", { name: "Promote" }));
  await user.type(within(sheet).getByLabelText(/^Why it is to be done nevertheless/), "   ");
  await user.click(within(sheet).getByRole("button", { name: "Promote" }));
  expect(called(backend.calls, "promote")).toEqual([]);
  await user.type(within(sheet).getByLabelText(/^Why it is to be done nevertheless/), "The plan retired it.");
  await user.selectOptions(within(sheet).getByLabelText("First to"), "10");
  await user.click(within(sheet).getByRole("button", { name: "Promote" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(called(backend.calls, "promote")).toEqual([["promote", "The plan retired it.", 10]]);
  const live = await screen.findByRole("region", { name: "live" });
  await waitFor(() => expect(live.textContent).toContain("on 10 % of devices"));
  expect(live.textContent).toContain("promoted nevertheless: The plan retired it.");
  // What was compared was promoted: it says nothing any more.
  expect(screen.queryByRole("listbox", { name: "What is other" })).toBeNull();
  await clean();
});

test("where nothing is other it says so, and promoting takes two keys", async () => {
  const { backend, user } = await compared({ weighed: nothingOther });
  expect(screen.getByText(/^Nothing is other/)).toBeTruthy();
  expect(screen.getByText("✓ Nothing speaks against it.")).toBeTruthy();
  await clean();
  await user.keyboard("p");
  await screen.findByRole("dialog");
  await user.keyboard("{Enter}");
  await waitFor(() => expect(called(backend.calls, "promote")).toEqual([["promote", null, 100]]));
  expect(await screen.findByText(/live shows release 42/)).toBeTruthy();
});

test("a promotion that is refused by then says why, and the sheet stays", async () => {
  const { user } = await compared({
    weighed: nothingOther,
    promote: async () => {
      throw { code: "failed", message: "preview or live shows another release than was compared: compare them again" };
    },
  });
  await user.keyboard("p{Enter}");
  const sheet = await screen.findByRole("dialog");
  expect((await within(sheet).findByRole("alert")).textContent).toContain("compare them again");
});

test("nothing is promoted that nobody compared", async () => {
  const { backend, user } = await there();
  await screen.findByRole("region", { name: "live" });
  await user.keyboard("p");
  expect(await screen.findByText(/Compare first/)).toBeTruthy();
  expect(called(backend.calls, "promote")).toEqual([]);
});

test("a release is paused, goes on, gets a larger share and is taken back once somebody is sure", async () => {
  const [live, ...others] = store.channels;
  if (!live) throw new Error("the sample has a channel");
  const rollout = { share: 10, rings: ["pilot"], paused: false };
  const { backend, user } = await there({ store: { ...store, channels: [{ ...live, rollout }, ...others] } });
  const region = within(await screen.findByRole("region", { name: "live" }));
  await user.click(region.getByRole("button", { name: "Pause" }));
  expect(await region.findByText(/paused at 10 % and pilot/)).toBeTruthy();
  await user.click(region.getByRole("button", { name: "Resume" }));
  await region.findByText(/on 10 % of devices and pilot/);
  await user.selectOptions(region.getByLabelText("Share of devices that get live"), "50");
  await region.findByText(/on 50 % of devices/);
  await user.click(region.getByRole("button", { name: "Take back to 40…" }));
  await clean();
  await user.click(region.getByRole("button", { name: "Cancel" }));
  expect(called(backend.calls, "takeBack")).toEqual([]);
  await user.click(region.getByRole("button", { name: "Take back to 40…" }));
  await user.click(region.getByRole("button", { name: "Take back to 40" }));
  await region.findByText(/release 40 of/);
  expect(backend.calls.filter((c) => c[0] === "rollOut")).toEqual([
    ["rollOut", "live", null, true],
    ["rollOut", "live", null, false],
    ["rollOut", "live", 50, null],
  ]);
});

test("without keys one may look and compare, and is told how to do more", async () => {
  const why = "Releases are signed with keys, and none are at hand: name their folder as knowledge.keys.";
  const { backend, user } = await compared({ store: { ...store, read_only: why } });
  expect(screen.getByText(new RegExp(`You can look and compare here.*${why}`))).toBeTruthy();
  expect(screen.queryByRole("button", { name: /^Take back/ })).toBeNull();
  expect(screen.queryByRole("button", { name: "Wanted" })).toBeNull();
  await user.keyboard("jjnp");
  expect(called(backend.calls, "mark")).toEqual([]);
  expect(screen.queryByRole("dialog")).toBeNull();
  await clean();
});

test("both releases are asked what somebody types", async () => {
  const { backend, user } = await compared();
  await user.keyboard("b");
  await user.keyboard("May I refund{Enter}");
  const side = within(screen.getByRole("complementary"));
  expect(await side.findByRole("heading", { name: "May I refund" })).toBeTruthy();
  expect(called(backend.calls, "askBoth")).toEqual([["askBoth", "live", "preview", "May I refund"]]);
  await clean();
});

test("long words and many changes stay within the page", async () => {
  const word = "a".repeat(400);
  const many: Weighed = {
    ...weighed,
    reasons: [word],
    comparison: weighed.comparison && {
      ...weighed.comparison,
      changed: Array.from({ length: 350 }, (_, n) => ({ ...reworded, ask: `${n} ${word}` })),
    },
  };
  const { user } = await compared({ weighed: many });
  expect(screen.getAllByRole("option").length).toBeLessThan(320);
  expect(screen.getByText(/^and 51 more/)).toBeTruthy();
  await user.keyboard("{End}");
  expect(chosen()).toContain("GLP-1");
});

test("preview says so all the time, and a copy of it needs a second look at what stands there", async () => {
  const { backend, user } = await open({ knowledge: { ...knowledge, channel: "preview" } });
  await user.type(await screen.findByLabelText("Question"), "What is 75?{Enter}");
  await user.click(await screen.findByText("Copy"));
  expect(await screen.findByText(/the next press copies it/)).toBeTruthy();
  expect(called(backend.calls, "copy")).toEqual([]);
  await clean();
  await user.click(screen.getByText("Copy"));
  await waitFor(() => expect(called(backend.calls, "copy").length).toBe(1));
  await user.keyboard("{Control>}2{/Control}");
  const browse = screen.getByRole("main", { name: "Browse" });
  expect(within(browse).getByText(/You see preview, release 12/)).toBeTruthy();
});

test("what is live has no such line", async () => {
  await open({ knowledge });
  await screen.findByText("What does the customer ask?");
  expect(screen.queryByText(/You see preview/)).toBeNull();
});
