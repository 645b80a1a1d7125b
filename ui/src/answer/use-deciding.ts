// What the operator decides about a sentence without a source: dropped or kept, and taken back.
import { type RefObject, useState } from "react";
import type { Sentence } from "../backend/backend";
import type { EditorHandle } from "./editor-handle";
import type { Kept } from "./marks";
import type { Copying } from "./use-copying";
import type { Draft } from "./use-draft";

/** What was decided last, as long as nothing else was done to the text. `held`: a copy had waited for it. */
export type Decided = { did: "dropped" | "kept"; sentence: Sentence; held: boolean };

export function useDeciding(editor: RefObject<EditorHandle | null>, draft: Draft, { held, copy, release }: Copying) {
  const [last, setLast] = useState<Decided | null>(null);
  // Until the text is grounded without it; then every sentence is another.
  const [gone, setGone] = useState<Sentence | null>(null);
  const open = draft.open.filter((s) => s !== gone);
  const isLast = (s: Sentence) => open.every((o) => o.text === s.text);
  return {
    open,
    last,
    edit: (text: string) => {
      draft.edit(text);
      setLast(null);
    },
    confirm: (kept: Kept) => {
      draft.confirm(kept);
      setLast(null);
    },
    drop: (sentence: Sentence) => {
      editor.current?.drop(sentence);
      // It is no typing, which would pause.
      draft.settle();
      setGone(sentence);
      setLast({ did: "dropped", sentence, held: held !== null });
      // The text is another than the one that was to go out: it is read before it does.
      if (isLast(sentence)) release();
    },
    keep: (sentence: Sentence) => {
      editor.current?.keep(sentence);
      setLast({ did: "kept", sentence, held: held !== null });
      // With every sentence decided about, the copy that was asked for goes out.
      if (held && isLast(sentence)) copy(held.sources);
    },
    undo: () => editor.current?.undo(),
  };
}
