import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { blank, type Turn } from "../ask/turns";
import type { Passage } from "../backend/backend";
import { grounded, passage } from "../backend/fake";
import { shownPassage } from "./shown";
import { useShown, WORDS_FIRST } from "./use-shown";

const FIRST = "Code 75 means that the plan requires a prior authorization.";
const SECOND = "The claim was well formed.";
const named = (document: string): Passage => ({ ...passage, id: `${document}#0`, document });
const found = (key: string, first = key): Turn => ({
  ...blank(key, "?"),
  state: "running",
  passages: [named(first), named("other")],
});
const other = shownPassage(named("other"));

type At = { newest: Turn | null; current: string | null };

/** The hook of a turn that the operator is at, or of another. */
function watching(newest: Turn | null, current = newest?.key ?? null) {
  const hook = renderHook(({ newest, current }: At) => useShown(newest, current), {
    initialProps: { newest, current },
  });
  return {
    shown: () => hook.result.current.shown?.document ?? null,
    now: () => hook.result.current,
    become: (newest: Turn | null, current = newest?.key ?? null) => hook.rerender({ newest, current }),
    act: (f: (now: ReturnType<typeof useShown>) => void) => act(() => f(hook.result.current)),
  };
}
const later = (ms: number) => act(() => vi.advanceTimersByTime(ms));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first passage is shown by itself, and not before the first words have had their time", () => {
  const w = watching(found("a"));
  later(WORDS_FIRST - 1);
  expect(w.shown()).toBeNull();
  later(1);
  expect(w.shown()).toBe("a");
  expect(w.now().shown?.range).toBeNull();
});

test("a passage that carries no answer is not shown by itself", () => {
  const turn = found("a");
  const w = watching({ ...turn, passages: turn.passages.map((p) => ({ ...p, carries: false })) });
  later(1000);
  expect(w.shown()).toBeNull();
});

test("what the operator chooses before the first passage is shown stays", () => {
  const w = watching(found("a"));
  w.act((now) => now.choose(other));
  later(1000);
  expect(w.shown()).toBe("other");
});

test("also when it is what was shown before", () => {
  const w = watching(found("a"));
  later(1000);
  w.act((now) => now.choose(other));
  w.become(found("b"));
  w.act((now) => now.choose(other));
  later(1000);
  expect(w.shown()).toBe("other");
});

test("what is shown stays until there is something of the next question", () => {
  const w = watching(found("a"));
  w.act((now) => now.choose(other));
  w.become(blank("b", "?"));
  later(1000);
  expect(w.shown()).toBe("other");
  w.become(found("b"));
  later(1000);
  expect(w.shown()).toBe("b");
});

test("an operator who is at another answer sees none of the newest", () => {
  const w = watching(found("b"), "a");
  later(1000);
  expect(w.shown()).toBeNull();
  w.become({ ...found("b"), sentences: grounded(FIRST) }, "a");
  expect(w.shown()).toBeNull();
});

test("until they come back to it", () => {
  const w = watching({ ...found("b"), sentences: grounded(FIRST) }, "a");
  expect(w.shown()).toBeNull();
  w.become({ ...found("b"), sentences: grounded(FIRST) });
  expect(w.shown()).toBe(passage.document);
});

test("nor one who goes there before the first passage is shown", () => {
  const w = watching(found("b"));
  w.become(found("b"), "a");
  later(1000);
  expect(w.shown()).toBeNull();
});

test("the first sentence lights up when it is there", () => {
  const w = watching(found("a"));
  w.become({ ...found("a"), sentences: grounded(FIRST) });
  expect(w.shown()).toBe(passage.document);
  expect(w.now().sentence).toBe(0);
  expect(w.now().shown?.range).toEqual({ start: 0, end: FIRST.length });
  later(1000);
  expect(w.shown()).toBe(passage.document);
});

test("a first sentence that lost its source gives the place to nothing else", () => {
  const w = watching({ ...found("a"), sentences: grounded(FIRST) });
  w.become({ ...found("a"), sentences: grounded("Made up.") });
  later(1000);
  expect(w.shown()).toBe(passage.document);
});

test("the operator goes through the sentences; one without a source leaves the last one's", () => {
  const sentences = grounded(`${FIRST}\nMade up.\n${SECOND}`);
  const w = watching({ ...found("a"), sentences });
  w.act((now) => now.at(sentences[2] ?? null, 2, [passage]));
  expect(w.now().sentence).toBe(2);
  const lit = w.now().shown;
  expect(lit?.range?.start).toBeGreaterThan(0);
  w.act((now) => now.at(sentences[1] ?? null, 1, [passage]));
  expect(w.now().sentence).toBe(1);
  expect(w.now().shown).toBe(lit);
});

test("a refusal and a new conversation show nothing", () => {
  const w = watching({ ...found("a"), sentences: grounded(FIRST) });
  w.become({ ...found("b"), refused: true });
  expect(w.now()).toMatchObject({ shown: null, sentence: null });
  w.act((now) => now.choose(other));
  w.become(null);
  expect(w.shown()).toBeNull();
});

test("what was chosen at a refusal is still there when the operator comes back to it", () => {
  const refused = { ...found("b"), refused: true };
  const w = watching(refused);
  w.act((now) => now.choose(other));
  w.become(refused, "a");
  w.become(refused);
  expect(w.shown()).toBe("other");
});

const sentences = grounded(`${FIRST}\n${SECOND}`);
const said = (key: string): Turn => ({ ...found(key), sentences });
const range = (text: string) => ({ start: passage.text.indexOf(text), end: passage.text.indexOf(text) + text.length });
type Now = ReturnType<typeof useShown>;
const pass = (now: Now) => now.pass(sentences[1] ?? null, 1, [passage]);

test("the mouse passes over a sentence, and its source is shown where none was chosen", () => {
  const w = watching(said("a"));
  w.act(pass);
  expect(w.now().sentence).toBe(1);
  expect(w.now().shown?.range).toEqual(range(SECOND));
});

test.each<[string, (now: Now) => void]>([
  ["a source that was chosen", (now) => now.choose(other)],
  ["the sentence that the operator went to", (now) => now.at(sentences[0] ?? null, 0, [passage])],
])("a passing mouse never replaces %s", (_, choose) => {
  const w = watching(said("a"));
  w.act(choose);
  const before = w.now();
  w.act(pass);
  expect(w.now()).toEqual(before);
  w.become(said("b"));
  w.act(pass);
  expect(w.now().sentence).toBe(1);
});

test("a first sentence that is grounded anew replaces no source that was chosen", () => {
  const w = watching(said("a"));
  w.act((now) => now.choose(other));
  w.become({ ...said("a"), sentences: grounded(SECOND) });
  expect(w.shown()).toBe("other");
});

test("where the operator is at it, its source follows, and the mouse still replaces nothing", () => {
  const w = watching(said("a"));
  w.act((now) => now.at(sentences[0] ?? null, 0, [passage]));
  w.become({ ...said("a"), sentences: grounded(SECOND) });
  expect(w.now().shown?.range).toEqual(range(SECOND));
  w.act((now) => now.pass(sentences[0] ?? null, 0, [passage]));
  expect(w.now().shown?.range).toEqual(range(SECOND));
});
