// What became of an answer's sources since it was given.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Turn } from "../ask/turns";
import type { Since } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";

/** By document; a document that is not in it is as it was. */
export type SinceAnswer = ReadonlyMap<string, Since["state"]>;

const cited = (turn: Turn) =>
  new Set((turn.answer?.sentences ?? []).flatMap((s) => s.citations.map((c) => c.document)));

export function useSince(turn: Turn | null, release: string): SinceAnswer {
  const backend = useBackend();
  const { today } = useStatus();
  const answer = turn?.answer;
  // Who asked about another day has the sources of that day.
  const forToday = answer?.day === null;
  const same = answer?.release === release && (!forToday || answer.as_of === today);
  const { data } = useQuery({
    queryKey: ["since", turn?.key, release, today],
    queryFn: () => {
      const used = turn ? cited(turn) : new Set();
      return backend.since(
        (turn?.passages ?? []).filter((p) => p.carries || used.has(p.document)),
        forToday,
      );
    },
    // Against its own release on its own day nothing can have changed.
    enabled: turn?.state === "done" && turn.passages.length > 0 && turn.answer?.abstained === false && !same,
    staleTime: Number.POSITIVE_INFINITY,
    // The same turn's marks stand until the new ones are there: the answer below does not jump.
    placeholderData: (before, query) => (query?.queryKey[1] === turn?.key ? before : undefined),
  });
  return useMemo(() => {
    const states = new Map<string, Since["state"]>();
    for (const s of same ? [] : (data ?? []))
      if (states.get(s.document) !== "withdrawn") states.set(s.document, s.state);
    return states;
  }, [data, same]);
}

type Props = { turn: Turn; since: SinceAnswer; keys: boolean; onAgain: () => void };

/** Whether the notice has anything to say: only what the answer rests on counts. */
export const hasNews = (turn: Turn, since: SinceAnswer) => [...cited(turn)].some((d) => since.has(d));

export function SinceNotice({ turn, since, keys, onAgain }: Props) {
  const used = cited(turn);
  const titles = (state: Since["state"]) => {
    const of = turn.passages.filter((p) => used.has(p.document) && since.get(p.document) === state);
    return [...new Map(of.map((p) => [p.document, p.title])).values()];
  };
  const gone = (["withdrawn", "expired"] as const).map((state) => ({ state, of: titles(state) }));
  const changed = titles("changed");
  if (changed.length === 0 && gone.every((g) => g.of.length === 0)) return null;
  return (
    <div
      role="status"
      className="mb-2 flex items-center gap-3 rounded-lg border border-line bg-panel px-2.5 py-2 text-[12.5px]"
    >
      <div className="min-w-0 flex-1 break-words">
        {gone
          .filter((g) => g.of.length > 0)
          .map((g) => (
            <p key={g.state} className="font-medium text-warn">
              ▲ {strings.sinceAnswer(g.state, g.of)}
            </p>
          ))}
        {changed.length > 0 && <p className="text-soft">{strings.sinceAnswer("changed", changed)}</p>}
      </div>
      <Button onClick={onAgain} {...(keys ? { keys: "mod+R" } : {})}>
        {strings.askAgain}
      </Button>
    </div>
  );
}
