// What the program says of itself and of its tenant, looked at again from time to time.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback } from "react";
import type { Status } from "../backend/backend";
import { useBackend } from "../backend/context";
import { provided } from "../shared/provided";

const [Context, useStatus] = provided<Status>("status");

export { useStatus };

export function StatusProvider({ first, children }: { first: Status; children: ReactNode }) {
  const backend = useBackend();
  const { data } = useQuery({
    queryKey: ["status"],
    queryFn: () => backend.status(),
    initialData: first,
    refetchInterval: 60_000,
  });
  return <Context value={data}>{children}</Context>;
}

/** After what the program keeps has changed. */
export function useRefresh(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    client.invalidateQueries({ queryKey: ["status"] });
    client.invalidateQueries({ queryKey: ["conversations"] });
  }, [client]);
}
