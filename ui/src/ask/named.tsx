// A name for a conversation: who it is with. It stays on this device, stands in the day's list, and greets the customer.
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { useBackend } from "../backend/context";
import { useRefresh, useStatus } from "../session/status";
import { provided } from "../shared/provided";
import { useSaid } from "../shared/said";
import { useConversation } from "./conversation";

type Named = {
  /** Of the conversation at hand; empty where nobody gave one. */
  name: string;
  call: (name: string) => void;
};

const [Context, useNamed] = provided<Named>("name");

export { useNamed };

export function NamedProvider({ children }: { children: ReactNode }) {
  const backend = useBackend();
  const { records_problem } = useStatus();
  const { fail } = useSaid();
  const refresh = useRefresh();
  const { id, call: at } = useConversation();
  // A conversation has no id of its own before its first answer was kept.
  const [given, give] = useState<Record<string, string>>({});
  const here = given[at];
  const { data: kept } = useQuery({
    queryKey: ["name", id],
    queryFn: () => backend.conversationName(id ?? ""),
    enabled: id !== null && here === undefined && !records_problem,
    gcTime: 0,
  });
  useEffect(() => {
    if (id !== null && here !== undefined) backend.nameConversation(id, here).then(refresh, fail);
  }, [id, here, backend, refresh, fail]);
  const call = useCallback((name: string) => give((before) => ({ ...before, [at]: name.trim() })), [at]);
  const name = here ?? kept ?? "";
  const named = useMemo(() => ({ name, call }), [name, call]);
  return <Context value={named}>{children}</Context>;
}
