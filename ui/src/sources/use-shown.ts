// Which source is shown: by itself the newest answer's first, until the operator chooses another.
import { type Dispatch, type SetStateAction, useCallback, useEffect, useMemo, useState } from "react";
import type { Turn } from "../ask/turns";
import type { Passage, Sentence } from "../backend/backend";
import { type Shown, shownCitation, shownPassage } from "./shown";

/** The first words of an answer have so many ms before its source is drawn, which keeps the page busy. */
export const WORDS_FIRST = 100;

export type Source = {
  shown: Shown | null;
  /** The sentence that it belongs to, in the answer that the operator is at. */
  sentence: number | null;
};

export type Choice = {
  choose: (shown: Shown) => void;
  /** The operator goes to a sentence: its source is shown, where it has one. */
  at: At;
  /** The mouse passes over a sentence, which chooses nothing. */
  pass: At;
};

type At = (sentence: Sentence | null, index: number | null, passages: Passage[]) => void;

type State = Source & {
  /** The newest turn. */
  of: string | null;
  /** What of it was shown by itself. */
  stage: "nothing" | "passage" | "sentence";
  /** What the operator chose since it is there: nothing, to be at a sentence, or a source. */
  chosen: "nothing" | "sentence" | "source";
};

const anew = (of: string | null): State => ({
  shown: null,
  sentence: null,
  of,
  stage: "nothing",
  chosen: "nothing",
});

/** `current` is the key of the turn that the operator is at. */
export function useShown(newest: Turn | null, current: string | null): Source & Choice {
  const key = newest?.key ?? null;
  const [state, set] = useState(() => anew(key));
  // What is shown stays until there is something of the next question.
  if (state.of !== key) set({ ...anew(key), shown: key === null ? null : state.shown });
  useItself(newest, current, set);

  const choose = useCallback((shown: Shown) => set((s) => ({ ...s, shown, chosen: "source" })), []);
  const at = useCallback<At>((sentence, index, passages) => {
    const cited = sentence?.citations[0];
    set((s) =>
      cited
        ? { ...s, shown: shownCitation(cited, passages), sentence: index, chosen: "sentence" }
        : { ...s, sentence: index },
    );
  }, []);
  const pass = useCallback<At>((sentence, index, passages) => {
    const cited = sentence?.citations[0];
    set((s) => {
      if (s.chosen !== "nothing") return s;
      return { ...s, shown: cited ? shownCitation(cited, passages) : s.shown, sentence: index };
    });
  }, []);
  const { shown, sentence } = state;
  return useMemo(() => ({ shown, sentence, choose, at, pass }), [shown, sentence, choose, at, pass]);
}

/** What is shown by itself: the first passage in a while, the first sentence when it is there, nothing of a refusal. */
function useItself(newest: Turn | null, current: string | null, set: Dispatch<SetStateAction<State>>) {
  const key = newest?.key ?? null;
  const first = newest?.passages[0];
  const said = newest?.sentences[0];
  const refused = newest?.refused ?? false;
  const here = current === key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the newest turn only
  useEffect(() => {
    // The operator has gone back to an older answer, and stays there until they come back.
    if (!newest || !here) return;
    if (refused) return set((s) => (s.stage === "sentence" ? s : { ...anew(key), stage: "sentence" }));
    const cited = said?.citations[0];
    if (cited)
      return set((s) => {
        // Grounded anew, it is followed only by whoever is at it.
        const follows = s.chosen !== "source" && s.sentence === 0;
        if (s.stage === "sentence" && !follows) return s;
        const chosen = s.stage === "sentence" ? s.chosen : "nothing";
        return { shown: shownCitation(cited, newest.passages), sentence: 0, of: key, stage: "sentence", chosen };
      });
    if (!first?.carries) return;
    const soon = setTimeout(() => {
      const shown = { ...shownPassage(first), range: null };
      const untouched = (s: State) => s.stage === "nothing" && s.chosen === "nothing";
      set((s) => (untouched(s) ? { ...s, shown, stage: "passage" } : s));
    }, WORDS_FIRST);
    return () => clearTimeout(soon);
  }, [key, here, first?.id, said?.text, refused]);
}
