// What the operator makes of an answer: kept as it is typed, and grounded a moment later.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useAsking } from "../ask/conversation";
import type { Found } from "../ask/reduce";
import type { Turn } from "../ask/turns";
import type { Sentence } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useStatus } from "../session/status";
import { useSaid } from "../shared/said";
import type { Kept } from "./marks";
import { type Open, openOf } from "./open";
import { useNames } from "./use-names";

/** Typing pauses this long before grounding and keeping follow. */
const PAUSE = 180;

/** Something is said. */
const WORDS = /[\p{L}\p{N}]/u;

/** What stands there now, with the grounding of just that. */
export type Now = Found & { text: string; confirmed: string[]; open: Open[] };

export type Draft = {
  text: string;
  sentences: Sentence[];
  confirmed: string[];
  /** What has no source, and nobody has decided about. */
  open: Open[];
  edit: (text: string) => void;
  /** A sentence is kept without a source, or no longer. */
  confirm: (kept: Kept) => void;
  check: () => Promise<Now>;
  /** Done when what was typed is kept. */
  settle: () => Promise<void>;
};

export function useDraft(turn: Turn): Draft {
  const { dispatch } = useAsking();
  const { fail } = useSaid();
  const { text, setText, sentences, setSentences } = useStreamed(turn);
  const [confirmed, setConfirmed] = useState(turn.confirmed);
  // Read by what runs later than the drawing; an edit writes it at once.
  const latest = useRef({ text, confirmed });
  latest.current = { text, confirmed };
  const { keep, owe, settle } = useKeeping(turn);
  const ground = useGround(turn);
  const tell = (now: string, found: Found) =>
    dispatch({ do: "edited", key: turn.key, text: now, confirmed: latest.current.confirmed, ...found });
  const grounding = (now: string) => {
    const grounded = (found: Found) => {
      if (latest.current.text !== now) return;
      setSentences(found.sentences);
      tell(now, found);
    };
    return ground(now).then(grounded).catch(fail);
  };

  const edit = (now: string) => {
    setText(now);
    latest.current.text = now;
    tell(now, { sentences });
    owe(() => {
      keep(now, latest.current.confirmed);
      grounding(now);
    });
  };
  // A kept answer opens with the grounding of the operator's text, not of the draft.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the card is opened
  useEffect(() => {
    if (turn.state !== "running" && turn.text !== turn.draft) edit(turn.text);
  }, []);
  // Another release, another day: what the marks stood on may be other than it was.
  const { release, today } = useStatus();
  const known = useRef(turn.answer ? { release: turn.answer.release, today: turn.answer.as_of } : { release, today });
  const ready = turn.state === "done";
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each release and day
  useEffect(() => {
    if (!ready || (known.current.release === release && known.current.today === today)) return;
    known.current = { release, today };
    grounding(latest.current.text);
  }, [release, today, ready]);

  const confirm = ({ text: words, on }: Kept) => {
    const others = latest.current.confirmed.filter((c) => c !== words);
    const next = on ? [...others, words] : others;
    setConfirmed(next);
    latest.current.confirmed = next;
    keep(latest.current.text, next);
    tell(latest.current.text, { sentences });
  };
  const check = useCallback(async () => {
    const now = latest.current.text;
    const found = await ground(now);
    const open = openOf(found.sentences, latest.current.confirmed);
    if (open.length > 0) setSentences(found.sentences);
    return { text: now, ...found, confirmed: latest.current.confirmed, open };
  }, [ground, setSentences]);
  const open = useMemo(() => openOf(sentences, confirmed), [sentences, confirmed]);
  return { text, sentences, confirmed, open, edit, confirm, check, settle };
}

/** What a text stands on: an answer's on its passages as they are today, anybody's words on all that is known. */
function useGround({ own, passages: all, answer }: Turn) {
  const backend = useBackend();
  const passages = useMemo(() => all.filter((p) => p.carries), [all]);
  // Who asks about another day has the sources of that day.
  const forToday = answer?.day === null;
  const names = useNames();
  return useCallback(
    async (now: string): Promise<Found> => {
      if (!own) return { sentences: await backend.ground(now, passages, forToday, names) };
      if (!WORDS.test(now)) return { sentences: [], passages: [], notices: [] };
      const { sentences, passages: found, notices } = await backend.check(now);
      return { sentences, passages: found, notices };
    },
    [backend, own, passages, forToday, names],
  );
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
