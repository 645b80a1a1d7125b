// The tenant's account: whether somebody is signed in, and how its models do.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import type { Connection } from "../backend/backend";
import { useBackend } from "../backend/context";
import { provided } from "../shared/provided";
import { useSaid } from "../shared/said";
import { useStatus } from "./status";

export type Account = {
  /** Nothing where everything is on this device. */
  connection: Connection | null;
  /** The browser is open, and a person is asked there. */
  signingIn: boolean;
  signIn: () => Promise<boolean>;
  signOut: () => Promise<void>;
};

const [Context, useAccount] = provided<Account>("account");

export { useAccount };

export function AccountProvider({ children }: { children: ReactNode }) {
  const backend = useBackend();
  const client = useQueryClient();
  const { fail } = useSaid();
  const { on_aws } = useStatus();
  const [signingIn, setSigningIn] = useState(false);
  const { data } = useQuery({
    queryKey: ["connection"],
    queryFn: () => backend.connection(),
    enabled: on_aws,
    refetchInterval: 30_000,
  });
  const look = useCallback(() => client.invalidateQueries({ queryKey: ["connection"] }), [client]);
  const signIn = useCallback(async () => {
    setSigningIn(true);
    try {
      await backend.signIn();
      return true;
    } catch (e) {
      fail(e);
      return false;
    } finally {
      setSigningIn(false);
      await look();
    }
  }, [backend, fail, look]);
  const signOut = useCallback(async () => {
    try {
      await backend.signOut();
    } catch (e) {
      fail(e);
    } finally {
      await look();
    }
  }, [backend, fail, look]);
  const connection = on_aws ? (data ?? null) : null;
  const account = useMemo(() => ({ connection, signingIn, signIn, signOut }), [connection, signingIn, signIn, signOut]);
  return <Context value={account}>{children}</Context>;
}
