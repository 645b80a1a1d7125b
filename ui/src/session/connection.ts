// The tenant's account: whether somebody is signed in, and how its models do.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Connection } from "../backend/backend";
import { useBackend } from "../backend/context";

export type Account = {
  /** Nothing where everything is on this device. */
  connection: Connection | null;
  /** The browser is open, and a person is asked there. */
  signingIn: boolean;
  signIn: () => Promise<boolean>;
  signOut: () => Promise<void>;
};

export function useAccount(onAws: boolean, fail: (e: unknown) => void): Account {
  const backend = useBackend();
  const client = useQueryClient();
  const [signingIn, setSigningIn] = useState(false);
  const { data } = useQuery({
    queryKey: ["connection"],
    queryFn: () => backend.connection(),
    enabled: onAws,
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
  return { connection: onAws ? (data ?? null) : null, signingIn, signIn, signOut };
}
