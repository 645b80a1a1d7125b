// One update of the knowledge at a time, whoever asks for it and whatever is open meanwhile.
import { asError, type Backend, type DeskError, type SyncProgress, type SyncReport } from "../backend/backend";
import { createStore, type Followed, useStore } from "../shared/store";

export type Update =
  | { state: "idle" }
  | { state: "running"; progress: SyncProgress }
  | { state: "done"; report: SyncReport }
  | { state: "failed"; error: DeskError };

export type Updates = Followed<Update> & {
  /** The program looks at the store by itself too: hears of that, until it is told to stop. */
  follow: () => () => void;
  /** Nothing where one is under way already. */
  begin: () => Promise<Update | null>;
  /** How it ended was read, and need not be shown again. */
  seen: () => void;
};

/** Kept outside of the components: progress comes often, and only the bar and the sheet are to follow it. */
export function createUpdates(backend: Backend, settled: () => Promise<unknown>): Updates {
  const { now, listen, become } = createStore<Update>({ state: "idle" });
  /** Somebody asked for it, and waits for how it ends. */
  let asked = false;
  return {
    now,
    listen,
    follow: () =>
      backend.onSync((progress) => {
        // How the last one ended stays until it was read.
        if (now().state === "done" || now().state === "failed") return;
        if (progress) become({ state: "running", progress });
        else if (!asked) settled().finally(() => now().state === "running" && !asked && become({ state: "idle" }));
      }),
    begin: async () => {
      if (asked) return null;
      asked = true;
      if (now().state !== "running") become({ state: "running", progress: { step: "checking", done: 0, of: 0 } });
      let end: Update;
      try {
        const report = await backend.sync((progress) => {
          if (now().state === "running") become({ state: "running", progress });
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
      if (now().state !== "running") become({ state: "idle" });
    },
  };
}

export function useUpdate(updates: Updates): Update {
  return useStore(updates);
}
