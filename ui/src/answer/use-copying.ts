// The way out of the window: nothing without a source goes out unseen.
import { useCallback, useRef, useState } from "react";
import type { Turn } from "../ask/turns";
import { useBackend } from "../backend/context";
import { isPreview } from "../releases/preview-line";
import { useStatus } from "../session/status";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import { keptOf } from "./open";
import { plainText, withSources } from "./text";
import type { Draft } from "./use-draft";

/** A copy that waits until every sentence without a source is decided about: with or without sources. */
export type Held = { sources: boolean };

export type Copying = {
  held: Held | null;
  copy: (sources: boolean) => Promise<void>;
  /** The copy that was held is not wanted any more. */
  release: () => void;
};

export function useCopying(turn: Turn, { check }: Draft): Copying {
  const backend = useBackend();
  const { say, warn, fail } = useSaid();
  const preview = isPreview(useStatus().knowledge?.channel);
  // What was looked at a second time, as it stood then.
  const looked = useRef<string | null>(null);
  const [held, setHeld] = useState<Held | null>(null);
  const { exchange, passages, question } = turn;
  const copy = useCallback(
    async (sources: boolean) => {
      try {
        const now = await check();
        if (now.open.length > 0) return setHeld({ sources });
        const plain = plainText(now.text);
        if (plain === "") return;
        if (preview && looked.current !== now.text) {
          looked.current = now.text;
          return warn(strings.reviewing.previewCopy);
        }
        const stood = keptOf(now.sentences, now.confirmed).map((o) => o.text);
        const words = sources ? withSources(now.text, now.sentences, now.passages ?? passages) : plain;
        await backend.copy(exchange?.id ?? null, words, stood);
        setHeld(null);
        say(strings.copied(question || plain, sources));
      } catch (e) {
        fail(e);
      }
    },
    [backend, check, exchange, passages, preview, question, say, warn, fail],
  );
  const release = useCallback(() => setHeld(null), []);
  return { held, copy, release };
}
