// What the operator makes of an answer: kept as it is typed, and grounded a moment later.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAsking } from "../ask/conversation";
import type { Turn } from "../ask/turns";
import type { Sentence } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useSaid } from "../shared/said";
import type { Kept } from "./marks";

/** Typing pauses this long before grounding and keeping follow. */
const PAUSE = 180;

/** What stands there now, with the grounding of just that. */
export type Checked = { text: string; sentences: Sentence[]; confirmed: string[]; open: Sentence[] };

export type Draft = {
  text: string;
  sentences: Sentence[];
  confirmed: string[];
  /** The sentences without a source that nobody has decided about. */
  open: Sentence[];
  edit: (text: string) => void;
  /** A sentence is kept without a source, or no longer. */
  confirm: (kept: Kept) => void;
  check: () => Promise<Checked>;
  /** Done when what was typed is kept. */
  settle: () => Promise<void>;
};

const unsourced = (sentences: Sentence[], confirmed: string[]) =>
  sentences.filter((s) => s.grounding === "unsupported" && !confirmed.includes(s.text));

export function useDraft(turn: Turn): Draft {
  const { dispatch } = useAsking();
  const { fail } = useSaid();
  const backend = useBackend();
  const { text, setText, sentences, setSentences } = useStreamed(turn);
  const [confirmed, setConfirmed] = useState(turn.confirmed);
  // Read by what runs later than the drawing; an edit writes it at once.
  const latest = useRef({ text, confirmed });
  latest.current = { text, confirmed };
  const { keep, owe, settle } = useKeeping(turn);
  const passages = useMemo(() => turn.passages.filter((p) => p.carries), [turn.passages]);
  const ground = useCallback((now: string) => backend.ground(now, passages), [backend, passages]);
  const tell = (now: string, found: Sentence[]) =>
    dispatch({ do: "edited", key: turn.key, text: now, sentences: found, confirmed: latest.current.confirmed });

  const edit = (now: string) => {
    setText(now);
    latest.current.text = now;
    tell(now, sentences);
    owe(() => {
      keep(now, latest.current.confirmed);
      const grounded = (found: Sentence[]) => {
        if (latest.current.text !== now) return;
        setSentences(found);
        tell(now, found);
      };
      ground(now).then(grounded).catch(fail);
    });
  };
  // A kept answer opens with the grounding of the operator's text, not of the draft.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the card is opened
  useEffect(() => {
    if (turn.state !== "running" && turn.text !== turn.draft) edit(turn.text);
  }, []);

  const confirm = ({ text: words, on }: Kept) => {
    const others = latest.current.confirmed.filter((c) => c !== words);
    const next = on ? [...others, words] : others;
    setConfirmed(next);
    latest.current.confirmed = next;
    keep(latest.current.text, next);
    tell(latest.current.text, sentences);
  };
  const check = useCallback(async () => {
    const now = latest.current.text;
    const found = await ground(now);
    const open = unsourced(found, latest.current.confirmed);
    if (open.length > 0) setSentences(found);
    return { text: now, sentences: found, confirmed: latest.current.confirmed, open };
  }, [ground, setSentences]);
  const open = useMemo(() => unsourced(sentences, confirmed), [sentences, confirmed]);
  return { text, sentences, confirmed, open, edit, confirm, check, settle };
}

/** While it is written, text and grounding come from the generator's stream; its last state comes with its end. */
function useStreamed(turn: Turn) {
  const [text, setText] = useState(turn.text);
  const [sentences, setSentences] = useState(turn.sentences);
  const writing = turn.state === "running";
  const streaming = useRef(writing);
  useEffect(() => {
    if (!writing && !streaming.current) return;
    streaming.current = writing;
    setText(turn.text);
    setSentences(turn.sentences);
  }, [writing, turn.text, turn.sentences]);
  return { text, setText, sentences, setSentences };
}

/** What an edit still owes is done after a pause in typing, or at once when it is asked for or the card goes. */
function useKeeping({ exchange }: Turn) {
  const backend = useBackend();
  const { fail } = useSaid();
  const timer = useRef(0);
  const owed = useRef<(() => void) | null>(null);
  const keeping = useRef(Promise.resolve());
  const keep = useCallback(
    (text: string, confirmed: string[]) => {
      if (exchange) keeping.current = backend.saveText(exchange.id, text, confirmed).catch(fail);
    },
    [backend, exchange, fail],
  );
  const pay = useCallback(() => {
    clearTimeout(timer.current);
    const due = owed.current;
    owed.current = null;
    due?.();
  }, []);
  const owe = useCallback(
    (due: () => void) => {
      clearTimeout(timer.current);
      owed.current = due;
      timer.current = window.setTimeout(pay, PAUSE);
    },
    [pay],
  );
  const settle = useCallback(() => {
    pay();
    return keeping.current;
  }, [pay]);
  // What was typed in the last moment before the card goes is kept too.
  useEffect(() => pay, [pay]);
  return { keep, owe, settle };
}
