// What the operator decides about a clause without a source: dropped or kept, and taken back.
import { type RefObject, useMemo, useState } from "react";
import type { EditorHandle } from "./editor-handle";
import type { Kept } from "./marks";
import { keptOf, type Open } from "./open";
import type { Copying } from "./use-copying";
import type { Draft } from "./use-draft";

/** What was decided last, as long as nothing else was done to the text. `held`: a copy had waited for it. */
export type Decided = { did: "dropped" | "kept"; open: Open; held: boolean };

export function useDeciding(editor: RefObject<EditorHandle | null>, draft: Draft, { held, copy, release }: Copying) {
  const [last, setLast] = useState<Decided | null>(null);
  // Until the text is grounded without it; then everything open is another.
  const [gone, setGone] = useState<Open | null>(null);
  const open = draft.open.filter((o) => o !== gone);
  const isLast = (one: Open) => open.every((o) => o.text === one.text);
  const { sentences, confirmed } = draft;
  const kept = useMemo(() => keptOf(sentences, confirmed), [sentences, confirmed]);
  return {
    open,
    last,
    /** What was kept before that can be taken back by itself. */
    kept: kept.filter((k) => last?.did !== "kept" || k.text !== last.open.text),
    edit: (text: string) => {
      draft.edit(text);
      setLast(null);
    },
    confirm: (kept: Kept) => {
      draft.confirm(kept);
      setLast(null);
    },
    drop: (one: Open) => {
      editor.current?.drop(one);
      // It is no typing, which would pause.
      draft.settle();
      setGone(one);
      setLast({ did: "dropped", open: one, held: held !== null });
      // The text is another than the one that was to go out: it is read before it does.
      if (isLast(one)) release();
    },
    keep: (one: Open) => {
      editor.current?.keep(one, true);
      setLast({ did: "kept", open: one, held: held !== null });
      // With everything decided about, the copy that was asked for goes out.
      if (held && isLast(one)) copy(held.sources);
    },
    takeBack: (one: Open) => editor.current?.keep(one, false),
    undo: () => editor.current?.undo(),
  };
}
