// The words of a sentence that is not whole yet: they come often, and draw nothing but their own line.
import { createStore, type Store, useStore } from "../shared/store";

/** `behind` so many letters of the draft; once the draft is longer, they are a part of it. */
type Words = { text: string; behind: number };

export type Coming = Store<Words>;

export const createComing = (): Coming => createStore({ text: "", behind: 0 });

export function useComing(coming: Coming, draft: string): string {
  const words = useStore(coming);
  return words.behind === draft.length ? words.text : "";
}
