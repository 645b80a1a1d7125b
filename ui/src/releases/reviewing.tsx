// The releases of the store, what was compared of them, and which change is looked at: for the page, the keys and the
// left column.
import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo, useRef, useState } from "react";
import {
  type AnsweredOtherwise,
  asError,
  type DeskError,
  type Mark,
  type Releases,
  type Weighed,
  type Weighing,
} from "../backend/backend";
import { useBackend } from "../backend/context";
import { useNavigation } from "../session/navigation";
import { useSheets } from "../session/sheets";
import { useLatest } from "../shared/latest";
import { provided } from "../shared/provided";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import { type Row, reviewedOf, rowsOf } from "./rows";

export type Sides = { from: string; to: string };

type Reviewing = {
  store: UseQueryResult<Releases>;
  /** The channel that is to be shown by the other; none: there are no two. */
  sides: Sides | null;
  choose: (sides: Sides) => void;
  weighed: Weighed | null;
  /** How far the comparison is that is under way. */
  weighing: Weighing | null;
  failed: DeskError | null;
  rows: Row[];
  chosen: Row | null;
  look: (row: Row) => void;
  /** Both answers to a question that was typed. */
  both: AnsweredOtherwise | null;
  /** A question is being asked of both. */
  asking: boolean;
  note: string;
  setNote: (words: string) => void;
};

type Doing = {
  move: (by: number) => void;
  compare: () => Promise<void>;
  /** Stops the comparison; false, if none is under way. */
  stop: () => boolean;
  mark: (mark: Mark) => Promise<void>;
  golden: () => Promise<void>;
  /** Opens what promotes. */
  promote: () => void;
  ask: (question: string) => Promise<void>;
  /** The store is another now: it is read anew. */
  reread: () => Promise<void>;
  /** What was compared was promoted: it holds no longer. */
  forget: () => void;
};

const [ReviewingContext, useReviewing] = provided<Reviewing>("comparison");
const [DoingContext, useDoing] = provided<Doing>("comparison");

export { useDoing, useReviewing };

const STARTING: Weighing = { step: "fetching", done: 0, of: 2 };

/** Which channel goes where, until somebody says otherwise. */
export function sidesOf(channels: string[], own: string | null): Sides | null {
  const to = channels.includes("live") ? "live" : own !== null && channels.includes(own) ? own : channels[0];
  const others = channels.filter((c) => c !== to);
  const from = others.includes("preview") ? "preview" : others[0];
  return to !== undefined && from !== undefined ? { from, to } : null;
}

export function ReviewingProvider({ own, children }: { own: string | null; children: ReactNode }) {
  const backend = useBackend();
  const { screen } = useNavigation();
  const store = useQuery({
    queryKey: ["releases"],
    queryFn: () => backend.releases(),
    enabled: screen === "releases",
  });
  const [picked, choose] = useState<Sides | null>(null);
  const channels = useMemo(() => store.data?.channels.map((c) => c.name) ?? [], [store.data]);
  const sides = useMemo(() => {
    const there = picked && channels.includes(picked.from) && channels.includes(picked.to) && picked.from !== picked.to;
    return there ? picked : sidesOf(channels, own);
  }, [picked, channels, own]);
  const comparing = useComparing(sides);
  const { weighed } = comparing;
  const rows = useMemo(() => (weighed ? rowsOf(weighed) : []), [weighed]);
  const [key, setKey] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const [both, setBoth] = useState<AnsweredOtherwise | null>(null);
  const [asking, setAsking] = useState(false);
  const chosen = both ? null : (rows.find((r) => r.key === key) ?? rows[0] ?? null);
  const look = useCallback((row: Row) => {
    setKey(row.key);
    setNote("");
    setBoth(null);
  }, []);
  const now = useLatest({ rows, chosen, note, weighed, store: store.data, sides, both, asking });
  const doing = useMarking(now, comparing, look, { setBoth, setAsking, setNote });
  const reviewing = useMemo(
    () => ({
      store,
      sides,
      choose,
      weighed,
      weighing: comparing.weighing,
      failed: comparing.failed,
      rows,
      chosen,
      look,
      both,
      asking,
      note,
      setNote,
    }),
    [store, sides, weighed, comparing.weighing, comparing.failed, rows, chosen, look, both, asking, note],
  );
  return (
    <DoingContext value={doing}>
      <ReviewingContext value={reviewing}>{children}</ReviewingContext>
    </DoingContext>
  );
}

type Comparing = ReturnType<typeof useComparing>;

/** One comparison at a time; what comes of one that was stopped is not shown. */
function useComparing(sides: Sides | null) {
  const backend = useBackend();
  const [weighed, setWeighed] = useState<Weighed | null>(null);
  const [weighing, setWeighing] = useState<Weighing | null>(null);
  const [failed, setFailed] = useState<DeskError | null>(null);
  const run = useRef(0);
  const running = useLatest(weighing !== null);
  const compare = useCallback(async () => {
    if (!sides || running.current) return;
    run.current += 1;
    const mine = run.current;
    const here = () => run.current === mine;
    setWeighing(STARTING);
    setFailed(null);
    try {
      const done = await backend.weigh(sides.from, sides.to, (p) => here() && setWeighing(p));
      if (here()) setWeighed(done);
    } catch (e) {
      if (here()) setFailed(asError(e));
    }
    if (here()) setWeighing(null);
  }, [backend, sides, running]);
  const stop = useCallback(() => {
    if (!running.current) return false;
    run.current += 1;
    setWeighing(null);
    backend.stopWeighing();
    return true;
  }, [backend, running]);
  // What was compared is of two channels; of others it says nothing.
  const of = weighed && sides && weighed.from === sides.from && weighed.to === sides.to ? weighed : null;
  return { weighed: of, weighing, failed, compare, stop, setWeighed };
}

type Now = {
  current: {
    rows: Row[];
    chosen: Row | null;
    note: string;
    weighed: Weighed | null;
    store: Releases | undefined;
    sides: Sides | null;
    both: AnsweredOtherwise | null;
    asking: boolean;
  };
};

type Set = {
  setBoth: (q: AnsweredOtherwise | null) => void;
  setAsking: (on: boolean) => void;
  setNote: (w: string) => void;
};

function useMarking(now: Now, comparing: Comparing, look: (row: Row) => void, set: Set): Doing {
  const backend = useBackend();
  const { say, warn, fail } = useSaid();
  const { show } = useSheets();
  const client = useQueryClient();
  const { compare, stop, setWeighed } = comparing;
  const { setBoth, setAsking, setNote } = set;
  return useMemo(() => {
    const words = strings.reviewing;
    const move = (by: number) => {
      const { rows, chosen } = now.current;
      const at = rows.findIndex((r) => r.key === chosen?.key);
      const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
      if (next) look(next);
    };
    /** The answer that is looked at, where it may be marked. */
    const marked = () => {
      const { chosen, store } = now.current;
      if (store?.read_only) return void warn(store.read_only);
      if (chosen?.of.kind !== "answer") return void warn(words.onlyAnswers);
      return reviewedOf(chosen.of.question);
    };
    return {
      move,
      compare,
      stop,
      async mark(mark) {
        const question = marked();
        if (!question) return;
        const { note, chosen } = now.current;
        try {
          const standing = await backend.mark(question, mark, note.trim());
          setWeighed((before) => before && { ...before, ...standing });
          setNote("");
          // On to the next, unless somebody went elsewhere meanwhile.
          if (now.current.chosen?.key === chosen?.key) move(1);
        } catch (e) {
          fail(e);
        }
      },
      async golden() {
        const question = marked();
        if (!question) return;
        try {
          say(words.goldenMade(await backend.makeGolden(question)));
        } catch (e) {
          fail(e);
        }
      },
      promote() {
        const { store, weighed, sides } = now.current;
        if (store?.read_only) return warn(store.read_only);
        if (!weighed) return warn(words.promoteFirst);
        if (weighed.before === weighed.number && sides) return warn(words.sameRelease(sides.from, sides.to));
        show("promote");
      },
      async ask(question) {
        const { sides, asking } = now.current;
        if (!sides || asking || question.trim() === "") return;
        setAsking(true);
        try {
          setBoth(await backend.askBoth(sides.to, sides.from, question.trim()));
        } catch (e) {
          fail(e);
        }
        setAsking(false);
      },
      reread: () => client.invalidateQueries({ queryKey: ["releases"] }),
      forget: () => setWeighed(null),
    };
  }, [client, now, compare, stop, setWeighed, setBoth, setAsking, setNote, look, backend, say, warn, fail, show]);
}
