// Which source is shown: by itself the newest answer's first, until the operator chooses another.
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Turn } from "../ask/turns";
import type { Passage, Sentence } from "../backend/backend";
import { useLatest } from "../shared/latest";
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
  /** The operator is at a sentence: its source is shown, where it has one. */
  at: (sentence: Sentence | null, index: number | null, passages: Passage[]) => void;
};

/** `settled`: since the turn `of` is the newest, a source was shown for it, or chosen. */
type State = Source & { of: string | null; settled: boolean };

const nothing = (of: string | null): State => ({ shown: null, sentence: null, of, settled: false });

/** `current` is the key of the turn that the operator is at. */
export function useShown(newest: Turn | null, current: string | null): Source & Choice {
  const key = newest?.key ?? null;
  const [state, set] = useState(() => nothing(key));
  // What is shown stays until there is something of the next question.
  if (state.of !== key) set({ ...nothing(key), shown: key === null ? null : state.shown });
  const present = useLatest(current);

  const first = newest?.passages[0];
  const said = newest?.sentences[0];
  const refused = newest?.refused ?? false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the newest turn only
  useEffect(() => {
    // The operator has gone back to an older answer, and stays there.
    if (!newest || present.current !== key) return;
    const settle = (shown: Shown | null, sentence: number | null) => set({ shown, sentence, of: key, settled: true });
    if (refused) return settle(null, null);
    if (said?.citations[0]) return settle(shownCitation(said.citations[0], newest.passages), 0);
    if (!first?.carries) return;
    const soon = setTimeout(() => {
      const shown = { ...shownPassage(first), range: null };
      if (present.current === key) set((s) => (s.settled ? s : { ...s, shown, settled: true }));
    }, WORDS_FIRST);
    return () => clearTimeout(soon);
  }, [key, first?.id, said?.text, refused]);

  const choose = useCallback((shown: Shown) => set((s) => ({ ...s, shown, settled: true })), []);
  const at = useCallback((sentence: Sentence | null, index: number | null, passages: Passage[]) => {
    const cited = sentence?.citations[0];
    set((s) =>
      cited
        ? { ...s, shown: shownCitation(cited, passages), sentence: index, settled: true }
        : { ...s, sentence: index },
    );
  }, []);
  const { shown, sentence } = state;
  return useMemo(() => ({ shown, sentence, choose, at }), [shown, sentence, choose, at]);
}
