// Which steps are done, of each document, for the customer at hand: they stay until the call is over.
import { type ReactNode, useMemo, useState } from "react";
import { useConversation } from "../ask/conversation";
import { provided } from "../shared/provided";

/** Of one document. */
export type Ticks = { done: ReadonlySet<string>; toggle: (step: string) => void };

type All = { done: Record<string, ReadonlySet<string>>; toggle: (of: string, step: string) => void };

const [Context, useAll] = provided<All>("tick");

const NONE: ReadonlySet<string> = new Set();

export function TicksProvider({ children }: { children: ReactNode }) {
  const [done, setDone] = useState<All["done"]>({});
  const all = useMemo<All>(
    () => ({
      done,
      toggle: (of, step) =>
        setDone((before) => {
          const next = new Set(before[of]);
          if (!next.delete(step)) next.add(step);
          return { ...before, [of]: next };
        }),
    }),
    [done],
  );
  return <Context value={all}>{children}</Context>;
}

export function useTicks(document: string): Ticks {
  const { call } = useConversation();
  const { done, toggle } = useAll();
  const of = `${call} ${document}`;
  const here = done[of] ?? NONE;
  return useMemo(() => ({ done: here, toggle: (step) => toggle(of, step) }), [here, toggle, of]);
}
