// The one update that is under way, for whoever shows it or asks for it.
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useLayoutEffect, useMemo, useState } from "react";
import { useBackend } from "../backend/context";
import { useOpenSheet, useSheets } from "../session/sheets";
import { useLatest } from "../shared/latest";
import { provided } from "../shared/provided";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import { useSwitched } from "./switched";
import { createUpdates, type Updates } from "./updates";

type Updating = { updates: Updates; check: () => Promise<void> };

const [Context, useUpdating] = provided<Updating>("update");

export { useUpdating };

export function UpdatesProvider({ children }: { children: ReactNode }) {
  const backend = useBackend();
  const client = useQueryClient();
  const { say, fail } = useSaid();
  const { show } = useSheets();
  const [updates] = useState(() => createUpdates(backend, () => client.invalidateQueries({ queryKey: ["status"] })));
  // Before anything is drawn: what is told first is not missed.
  useLayoutEffect(() => updates.follow(), [updates]);
  // The sheet says itself what is new.
  const read = useLatest(useOpenSheet() === "knowledge");
  useSwitched(useCallback((number) => !read.current && say(strings.switchedTo(number)), [say, read]));
  const check = useCallback(async () => {
    show("knowledge");
    const end = await updates.begin();
    if (read.current || !end) return;
    if (end.state === "failed") fail(end.error);
    else if (end.state === "done" && !end.report.changed) say(strings.synced(end.report));
    else return;
    updates.seen();
  }, [show, updates, read, fail, say]);
  const updating = useMemo(() => ({ updates, check }), [updates, check]);
  return <Context value={updating}>{children}</Context>;
}
