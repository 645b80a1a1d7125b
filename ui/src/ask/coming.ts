// The words of a sentence that is not whole yet: they come often, and draw nothing but their own line.
import { useSyncExternalStore } from "react";

/** `behind` so many letters of the draft; once the draft is longer, they are a part of it. */
type Words = { text: string; behind: number };

export type Coming = {
  now: () => Words;
  listen: (then: () => void) => () => void;
  say: (words: Words) => void;
};

export function createComing(): Coming {
  let words: Words = { text: "", behind: 0 };
  const listeners = new Set<() => void>();
  return {
    now: () => words,
    listen: (then) => {
      listeners.add(then);
      return () => listeners.delete(then);
    },
    say: (next) => {
      words = next;
      for (const tell of listeners) tell();
    },
  };
}

export function useComing(coming: Coming, draft: string): string {
  const words = useSyncExternalStore(coming.listen, coming.now);
  return words.behind === draft.length ? words.text : "";
}
