// The program behind Tauri's one command.
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Backend } from "./backend";
import { callsOver } from "./calls";

export const tauri: Backend = {
  ...callsOver((name, args, tell) => invoke("call", { name, arguments: args, tell: tell && new Channel(tell) })),
  onSync: (then) => on("sync-progress", then),
  onRelease: (then) => on("release-switched", then),
  onSummoned: (then) => on("summoned", then),
};

function on<T>(event: string, then: (payload: T) => void) {
  const listening = listen<T>(event, (e) => then(e.payload));
  return () => {
    listening.then((stop) => stop());
  };
}
