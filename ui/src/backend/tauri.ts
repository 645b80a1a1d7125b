// The program behind Tauri's commands.
import { Channel, invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Asked, Backend, Event, Exchange, Opening, SyncProgress } from "./backend";

export const tauri: Backend = {
  open(onProgress) {
    const progress = new Channel<Opening>(onProgress);
    return invoke("open", { progress });
  },
  status: () => invoke("status"),
  ask(question, conversation, onEvent) {
    const events = new Channel<Event>(onEvent);
    return invoke<Asked>("ask", { question, conversation, events });
  },
  goOn(exchange, onEvent) {
    const events = new Channel<Event>(onEvent);
    return invoke<Exchange>("go_on", { exchange, events });
  },
  stop: () => invoke("stop"),
  ground: (text, passages) => invoke("ground", { text, passages }),
  documents: () => invoke("documents"),
  find: (typed) => invoke("find", { typed }),
  document: (id) => invoke("document", { id }),
  conversations: () => invoke("conversations"),
  conversation: (id) => invoke("conversation", { id }),
  saveText: (exchange, text, confirmed) => invoke("save_text", { exchange, text, confirmed }),
  copy: (exchange, text, confirmed) => invoke("copy", { exchange, text, confirmed }),
  label: (exchange, label, sentences) => invoke("label", { exchange, label, sentences }),
  openLink: (url) => invoke("open_link", { url }),
  connection: () => invoke("connection"),
  signIn: () => invoke("sign_in"),
  signOut: () => invoke("sign_out"),
  switchTenant: (tenant) => invoke("switch_tenant", { tenant }),
  chooseAnswers: (answers) => invoke("choose_answers", { answers }),
  sync(onProgress) {
    const progress = new Channel<SyncProgress>(onProgress);
    return invoke("sync", { progress });
  },
  since: (passages) => invoke("since", { passages }),
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
