// The conversation at hand, and what the operator does with it.
import { type ActionDispatch, type ReactNode, useCallback, useLayoutEffect, useMemo, useRef } from "react";
import type { CardHandle } from "../answer/answer-card";
import { useBackend } from "../backend/context";
import { useAccount } from "../session/account";
import { useFields, useNavigation } from "../session/navigation";
import { useRefresh, useStatus } from "../session/status";
import { useLatest } from "../shared/latest";
import { provided } from "../shared/provided";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import type { Action } from "./reduce";
import type { Turn } from "./turns";
import { useTurns } from "./use-turns";

type Talk = {
  id: string | null;
  /** The customer at hand, whose things are as they were when they are gone back to. */
  call: string;
  /** One of its questions was gone to, wherever it was left. */
  sought: boolean;
  turns: Turn[];
  newest: Turn | null;
  /** The one that the keys mean. */
  current: Turn | null;
  running: boolean;
};

/** Made once: who only does something is not drawn when something comes. */
type Asking = {
  submit: (question: string) => void;
  /** Goes on with an answer that broke off. */
  goOn: (turn: Turn) => Promise<void>;
  /** A text from anywhere is to be held against the knowledge: one that is typed now, or this one. */
  checkWords: (text: string) => void;
  /** The same with what is on the clipboard. */
  checkPasted: () => Promise<void>;
  /** Signs in, and does again what lacked the sign-in. */
  signIn: () => Promise<void>;
  /** At one of its questions, or where it was left. */
  show: (conversation: string, exchange?: string) => void;
  fresh: () => void;
  dispatch: ActionDispatch<[Action]>;
  /** The answers' cards by turn. */
  cards: Map<string, CardHandle>;
};

const [TalkContext, useConversation] = provided<Talk>("conversation");
const [AskingContext, useAsking] = provided<Asking>("conversation");

export { useAsking, useConversation };

export function ConversationProvider({ children }: { children: ReactNode }) {
  const { records_problem } = useStatus();
  const { warn } = useSaid();
  const refresh = useRefresh();
  const asked = useCallback(
    (kept: boolean) => {
      if (!kept && !records_problem) warn(strings.notKeptThis);
      refresh();
    },
    [refresh, records_problem, warn],
  );
  const turned = useTurns(asked);
  const { conversation, running } = turned;
  const talk = useMemo(() => {
    const { id, call, turns, current, sought } = conversation;
    const newest = turns.at(-1) ?? null;
    return { id, call, sought, turns, newest, current: turns.find((t) => t.key === current) ?? newest, running };
  }, [conversation, running]);
  useFailed(talk.newest);
  return (
    <AskingContext value={useVerbs(turned, talk)}>
      <TalkContext value={talk}>{children}</TalkContext>
    </AskingContext>
  );
}

/** What could not be answered is not lost: it stands in the field again, to be changed or shortened. */
function useFailed(newest: Turn | null) {
  const { question } = useFields();
  const refresh = useRefresh();
  const failed = newest?.state === "failed" ? newest.key : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each failure
  useLayoutEffect(() => {
    if (failed && newest) question.current?.change((now) => now || newest.question);
    // The program counted the days itself; the bar must not say otherwise.
    if (newest?.error?.code === "too_stale") refresh();
  }, [failed]);
}

function useVerbs(turned: ReturnType<typeof useTurns>, talk: Talk): Asking {
  const { ask, goOn: resume, checkWords: write, show: open, reset, dispatch } = turned;
  const backend = useBackend();
  const { say, fail } = useSaid();
  const account = useAccount();
  const { go } = useNavigation();
  const { question: field } = useFields();
  const refresh = useRefresh();
  const now = useLatest({ talk, account });
  const cards = useRef(new Map<string, CardHandle>()).current;

  const submit = useCallback(
    (question: string) => {
      if (now.current.talk.running || question.trim() === "") return;
      go("ask");
      // What was typed meanwhile is another question, and stays.
      field.current?.change((typed) => (typed === question ? "" : typed));
      ask(question);
    },
    [now, go, field, ask],
  );
  const goOn = useCallback(
    async (turn: Turn) => {
      if (now.current.talk.running || !turn.exchange) return;
      // It goes on from the text as it is kept: what was typed just now belongs to it.
      await cards.get(turn.key)?.settle();
      await resume(turn, turn.exchange.id, fail);
      refresh();
    },
    [now, cards, resume, fail, refresh],
  );
  const checkWords = useCallback(
    (text: string) => {
      go("ask");
      write(text);
    },
    [go, write],
  );
  const checkPasted = useCallback(() => backend.pasted().then(checkWords).catch(fail), [backend, checkWords, fail]);
  const signIn = useCallback(async () => {
    if (!(await now.current.account.signIn())) return;
    say(strings.signedIn);
    refresh();
    const { newest } = now.current.talk;
    if (!newest?.notices.some((n) => n.fault === "sign_in")) return;
    if (newest.answer?.incomplete && newest.exchange) goOn(newest);
    else if (newest.text === newest.draft) submit(newest.question);
  }, [now, say, refresh, goOn, submit]);
  const show = useCallback((id: string, exchange?: string) => void open(id, exchange).catch(fail), [open, fail]);
  const fresh = useCallback(() => {
    if (now.current.talk.running) backend.stop();
    reset();
    go("ask");
  }, [now, backend, reset, go]);
  return useMemo(
    () => ({ submit, goOn, checkWords, checkPasted, signIn, show, fresh, dispatch, cards }),
    [submit, goOn, checkWords, checkPasted, signIn, show, fresh, dispatch, cards],
  );
}
