// A name for a conversation: who it is with. It stays on this device, stands in the day's list, and greets the customer.
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { useStatus } from "../session/status";
import { provided } from "../shared/provided";
import { useConversation } from "./conversation";

type Names = Record<string, string>;

type Named = {
  /** Of the conversation at hand; empty where nobody gave one. */
  name: string;
  call: (name: string) => void;
  /** Of those that were kept. */
  of: (conversation: string) => string | undefined;
};

const [Context, useNamed] = provided<Named>("name");

export { useNamed };

/** Names of so many conversations: of older ones nobody needs it. */
const MOST = 200;

function read(key: string): Names {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return Object.fromEntries(Object.entries(kept ?? {}).filter(([, name]) => typeof name === "string"));
  } catch {
    return {};
  }
}

export function NamedProvider({ children }: { children: ReactNode }) {
  const { tenant } = useStatus();
  const { id, call: at } = useConversation();
  const key = `mortar.names.${tenant}`;
  // A conversation has no id of its own before its first answer was kept.
  const [given, give] = useState<Names>({});
  const [kept, keep] = useState(() => read(key));
  const here = given[at];
  useEffect(() => {
    if (id === null || here === undefined) return;
    keep((before) => {
      if ((before[id] ?? "") === here) return before;
      const { [id]: _, ...others } = before;
      return here === "" ? others : Object.fromEntries([...Object.entries(others), [id, here]].slice(-MOST));
    });
  }, [id, here]);
  useEffect(() => localStorage.setItem(key, JSON.stringify(kept)), [key, kept]);
  const call = useCallback((name: string) => give((before) => ({ ...before, [at]: name.trim() })), [at]);
  const name = here ?? (id === null ? "" : (kept[id] ?? ""));
  const named = useMemo(() => ({ name, call, of: (of: string) => kept[of] }), [name, call, kept]);
  return <Context value={named}>{children}</Context>;
}
