// One update of the knowledge at a time, whoever asks for it and whatever is open meanwhile.
import { useSyncExternalStore } from "react";
import { asError, type Backend, type DeskError, type SyncProgress, type SyncReport } from "../backend/backend";

export type Update =
  | { state: "idle" }
  | { state: "running"; progress: SyncProgress }
  | { state: "done"; report: SyncReport }
  | { state: "failed"; error: DeskError };

export type Updates = {
  now: () => Update;
  listen: (then: () => void) => () => void;
  /** The program looks at the store by itself too: hears of that, until it is told to stop. */
  follow: () => () => void;
  /** Nothing where one is under way already. */
  begin: () => Promise<Update | null>;
  /** How it ended was read, and need not be shown again. */
  seen: () => void;
};

/** Kept outside of the components: progress comes often, and only the bar and the sheet are to follow it. */
export function createUpdates(backend: Backend, settled: () => Promise<unknown>): Updates {
  let update: Update = { state: "idle" };
  /** Somebody asked for it, and waits for how it ends. */
  let asked = false;
  const listeners = new Set<() => void>();
  const become = (next: Update) => {
    update = next;
    for (const tell of listeners) tell();
  };
  return {
    now: () => update,
    follow: () =>
      backend.onSync((progress) => {
        // How the last one ended stays until it was read.
        if (update.state === "done" || update.state === "failed") return;
        if (progress) become({ state: "running", progress });
        else if (!asked) settled().finally(() => update.state === "running" && !asked && become({ state: "idle" }));
      }),
    listen: (then) => {
      listeners.add(then);
      return () => listeners.delete(then);
    },
    begin: async () => {
      if (asked) return null;
      asked = true;
      if (update.state !== "running") become({ state: "running", progress: { step: "checking", done: 0, of: 0 } });
      let end: Update;
      try {
        const report = await backend.sync((progress) => {
          if (update.state === "running") become({ state: "running", progress });
        });
        end = { state: "done", report };
      } catch (e) {
        end = { state: "failed", error: asError(e) };
      }
      // The release and the time of the check are read first: the result and they must not contradict each other.
      await settled().catch(() => {});
      asked = false;
      become(end);
      return end;
    },
    seen: () => {
      if (update.state !== "running") become({ state: "idle" });
    },
  };
}

export function useUpdate(updates: Updates): Update {
  return useSyncExternalStore(updates.listen, updates.now);
}
