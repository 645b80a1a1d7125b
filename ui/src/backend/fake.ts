// A backend for tests of the window's parts: one document, answers as told.
import type {
  Answer,
  Asked,
  Backend,
  Document,
  Event,
  Exchange,
  Knowledge,
  Passage,
  Sentence,
  Since,
  Status,
  SyncProgress,
  SyncReport,
} from "./backend";

export const body =
  "Code 75 means that the plan requires a prior authorization. The claim was well formed.\n\n1. Call the plan.\n2. Wait.";

export const document: Document = {
  id: "reject-75",
  title: "Reject 75: prior authorization required",
  body,
  url: "https://kb.mortar.example/claims/reject-75",
  kind: "code",
  version: "7",
  effective_from: "2026-09-01",
  effective_to: null,
  owner: "Benefits",
  tags: ["claims"],
  codes: ["reject 75"],
  history: null,
};

export const passage: Passage = {
  id: "reject-75#0",
  number: 1,
  document: "reject-75",
  version: "7",
  title: document.title,
  kind: "code",
  url: document.url,
  effective_from: "2026-09-01",
  effective_to: null,
  heading_path: [],
  start: 0,
  end: body.length,
  text: body,
  score: 0.99,
  carries: true,
  found_by: ["code"],
};

/** What follows where an answer goes on. */
export const SECOND = "The claim was well formed.";

const FIRST = "Code 75 means that the plan requires a prior authorization.";

/** Sentences by line: what stands in the body is verbatim, the rest has no source. */
export function grounded(text: string): Sentence[] {
  const encoder = new TextEncoder();
  const out: Sentence[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    const start = encoder.encode(text.slice(0, at)).length;
    at += line.length + 1;
    if (!line.trim()) continue;
    const found = body.indexOf(line);
    out.push({
      text: line,
      start,
      end: start + encoder.encode(line).length,
      grounding: found >= 0 ? "verbatim" : "unsupported",
      citations:
        found >= 0
          ? [
              {
                passage: passage.id,
                number: 1,
                document: "reject-75",
                version: "7",
                start: found,
                end: found + line.length,
                quote: line,
              },
            ]
          : [],
      problem: found >= 0 ? null : { kind: "missing", values: ["12 hours"] },
    });
  }
  return out;
}

export function answerTo(question: string, text = FIRST): Answer {
  const abstained = text === "";
  return {
    question,
    asked_as: null,
    release: "abc",
    as_of: "2026-11-22",
    passages: [passage],
    answer: text,
    sentences: grounded(text),
    abstained,
    reason: abstained ? "unknown_code" : null,
    unknown_codes: abstained ? ["7Z5"] : [],
    look_alikes: abstained ? [{ code: "75", document: "reject-75", title: document.title }] : [],
    dropped_marks: 0,
    stopped: false,
    incomplete: false,
    notices: [],
    inference_id: null,
    timings_ms: { embed: 1, retrieve: 1, first_text: 2, total: 3 },
    models: { embedding: "m", generation: "verbatim" },
  };
}

export const passagesFound = (passages: Passage[], refused = false): Event => ({
  event: "passages",
  passages,
  asked_as: null,
  retrieve_ms: 2,
  refused,
});

export const status: Status = {
  tenant: "pharmacy",
  tenant_name: "Pharmacy",
  suggestions: ["What does claim rejection code 75 mean?"],
  release: "abc",
  release_created_at: new Date().toISOString(),
  documents: 1,
  passages: 1,
  embedding: "m",
  embedding_problem: null,
  generation: "verbatim",
  records_problem: null,
  labels_waiting: 0,
  on_aws: false,
  tenants: ["pharmacy"],
  answers: "model",
  answers_locked: null,
  today: "2026-11-22",
  knowledge: null,
};

const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000).toISOString();

export const knowledge: Knowledge = {
  channel: "live",
  number: 12,
  notes: "Rejects 70 to 79 were written anew.",
  checked_at: minutesAgo(5),
  freshness: "fresh",
  problem: null,
};

export const stale: Knowledge = { ...knowledge, freshness: "stale", checked_at: minutesAgo(3 * 1440) };

export const tooStale: Knowledge = {
  ...knowledge,
  freshness: "too_stale",
  checked_at: minutesAgo(16 * 1440),
  problem: "the store cannot be reached: no network",
};

export const report: SyncReport = {
  changed: true,
  number: 13,
  release: "def",
  channel: "live",
  plan: "grow",
  bytes: 1_234_567,
  metadata_bytes: 4_321,
  requests: 9,
  added: 4,
  changed_documents: 12,
  withdrawn: 2,
  seconds: 3,
  build_seconds: 0.5,
};

/** Everything that was asked of it, in order. */
export type Call = [string, ...unknown[]];

export type Fake = Backend & {
  calls: Call[];
  /** Another release is open from now on, and what became of the documents of before. */
  release(next: Partial<Status>, since?: Since[]): void;
  /** A sync that nobody asked for is so far; nothing: it is over. */
  behind(p: SyncProgress | null): void;
};

export type Told = Partial<Backend> & {
  answer?: (question: string) => Answer;
  /** With it, the knowledge comes from a store. */
  knowledge?: Knowledge;
};

export function fake(over: Told = {}): Fake {
  const calls: Call[] = [];
  const kept: Exchange[] = [];
  const note = (...call: Call) => calls.push(call);
  const listening = new Set<() => void>();
  const hearing = new Set<(p: SyncProgress | null) => void>();
  let present: Status = { ...status, knowledge: over.knowledge ?? null };
  let became: Since[] = [];
  const gone = (id: string) => became.some((s) => s.document === id && s.state === "withdrawn");
  const release: Fake["release"] = (next, since = []) => {
    present = { ...present, ...next };
    became = since;
    for (const tell of listening) tell();
  };
  const backend: Backend = {
    open: async () => present,
    status: async () => ({ ...present, labels_waiting: calls.filter((c) => c[0] === "label").length }),
    async ask(question, conversation, onEvent): Promise<Asked> {
      note("ask", question, conversation);
      const answer = (over.answer ?? answerTo)(question);
      const tell = (e: Event) => onEvent(e);
      const { passages, reason } = answer;
      // That nothing covers it, the model may say at its end.
      const refused = reason !== null && reason !== "not_covered";
      tell(passagesFound(passages, refused));
      for (const notice of answer.notices) tell({ event: "notice", notice });
      if (answer.answer) tell({ event: "text", piece: answer.answer });
      for (const sentence of answer.sentences) tell({ event: "sentence", sentence });
      tell({ event: "done", answer });
      const id = `e${kept.length}`;
      const exchange: Exchange = {
        id,
        conversation: conversation ?? id,
        at: new Date().toISOString(),
        answer,
        text: answer.answer,
        confirmed: [],
        copied: [],
        label: null,
      };
      kept.push(exchange);
      return { answer, exchange };
    },
    async goOn(exchange, onEvent) {
      note("goOn", exchange);
      const found = kept.find((e) => e.id === exchange);
      if (!found) throw { code: "records", message: "unknown" };
      // Words never come at once.
      await new Promise((done) => setTimeout(done, 20));
      const piece = `\n${SECOND}`;
      onEvent({ event: "text", piece });
      found.text += piece;
      const draft = found.answer.answer + piece;
      for (const sentence of grounded(found.text).slice(-1)) onEvent({ event: "sentence", sentence });
      found.answer = { ...found.answer, answer: draft, sentences: grounded(draft), incomplete: false, notices: [] };
      return { ...found };
    },
    stop: async () => void note("stop"),
    ground: async (text) => grounded(text),
    documents: async () => (gone(document.id) ? [] : [document]),
    find: async (typed) =>
      !gone(document.id) && document.title.toLowerCase().includes(typed.trim().toLowerCase()) ? [document] : [],
    async document(id) {
      if (gone(id)) throw { code: "no_document", message: `this release has no document “${id}”` };
      return document;
    },
    conversations: async () =>
      kept.map((e) => ({ id: e.conversation, title: e.answer.question, at: e.at, exchanges: [e.id] })),
    conversation: async (id) => kept.filter((e) => e.conversation === id),
    async saveText(exchange, text, confirmed) {
      note("saveText", exchange, text, confirmed);
      const found = kept.find((e) => e.id === exchange);
      if (found) Object.assign(found, { text, confirmed });
    },
    copy: async (...args) => void note("copy", ...args),
    async label(exchange, label, sentences) {
      note("label", exchange, label, sentences);
      const found = kept.find((e) => e.id === exchange);
      if (!found) throw { code: "records", message: "unknown" };
      found.label = label;
      return found;
    },
    openLink: async (url) => void note("openLink", url),
    connection: async () => null,
    signIn: async () => void note("signIn"),
    signOut: async () => void note("signOut"),
    switchTenant: async (tenant) => void note("switchTenant", tenant),
    chooseAnswers: async (answers) => void note("chooseAnswers", answers),
    async sync(onProgress) {
      note("sync");
      onProgress({ step: "checking", done: 0, of: 0 });
      const { number = 0 } = present.knowledge ?? {};
      return { ...report, changed: false, number, bytes: 0, added: 0, changed_documents: 0, withdrawn: 0 };
    },
    async since(passages) {
      note("since", passages);
      return became.filter((s) => passages.some((p) => p.document === s.document));
    },
    onRelease(then) {
      listening.add(then);
      return () => listening.delete(then);
    },
    onSync(then) {
      hearing.add(then);
      return () => hearing.delete(then);
    },
    onSummoned: () => () => {},
  };
  const behind: Fake["behind"] = (p) => {
    for (const tell of hearing) tell(p);
  };
  const { answer: _, knowledge: __, ...rest } = over;
  return Object.assign(backend, rest, { calls, release, behind });
}
