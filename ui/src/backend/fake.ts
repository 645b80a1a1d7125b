// A backend for tests of the window's parts: one document, answers as told.
import type { Answer, Backend, Exchange, Knowledge, Releases, Since, Status, SyncProgress, Weighed } from "./backend";
import { released } from "./fake-releases";
import { answerTo, checkedOf, document, fallen, grounded, passagesFound, report, SECOND, status } from "./samples";

export * from "./samples";

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
  /** What lies in it, and what comes of comparing its channels. */
  store?: Releases;
  weighed?: Weighed;
};

type Note = (...call: Call) => void;

export function fake({ answer = answerTo, knowledge, store, weighed, ...over }: Told = {}): Fake {
  const calls: Call[] = [];
  const note: Note = (...call) => void calls.push(call);
  const labels = () => calls.filter((c) => c[0] === "label").length;
  return {
    ...held(note, labels, { ...status, knowledge: knowledge ?? null }),
    ...asked(note, calls, answer),
    ...released(note, store, weighed),
    stop: async () => note("stop"),
    check: async (text) => checkedOf(text),
    forCustomer: async (text, _passages, { customer, operator }) =>
      `Hello${customer ? ` ${customer}` : ""},\n\n${text}\n\nKind regards${operator ? `, ${operator}` : ""}`,
    pasted: async () => "",
    copy: async (...args) => note("copy", ...args),
    version: async () => "0.1.0",
    openedBeside: async (...args) => note("openedBeside", ...args),
    outbox: async () => [],
    sendAgain: async (id) => note("sendAgain", id),
    pullLabels: async () => ({ from: "this device", labels: 0, decisions: 0, no_labels: [] }),
    triage: async () => ({ groups: [], rows: [], days: [] }),
    gaps: async () => [],
    labelShown: async () => {
      throw { code: "failed", message: "unknown" };
    },
    async decide(ids, decide) {
      note("decide", ids, decide);
      return [];
    },
    async verifyLabels(ids) {
      note("verifyLabels", ids);
      return [];
    },
    openLink: async (url) => note("openLink", url),
    connection: async () => null,
    signIn: async () => note("signIn"),
    signOut: async () => note("signOut"),
    switchTenant: async (tenant) => note("switchTenant", tenant),
    chooseAnswers: async (answers) => note("chooseAnswers", answers),
    onSummoned: () => () => {},
    ...over,
    calls,
  };
}

/** What is open: a release and its one document. */
function held(note: Note, labels: () => number, first: Status) {
  let present = first;
  let became: Since[] = [];
  const listening = new Set<() => void>();
  const hearing = new Set<(p: SyncProgress | null) => void>();
  const gone = (id: string) => became.some((s) => s.document === id && s.state === "withdrawn");
  return {
    release(next, since = []) {
      present = { ...present, ...next };
      became = since;
      for (const tell of listening) tell();
    },
    behind(p) {
      for (const tell of hearing) tell(p);
    },
    open: async () => present,
    status: async () => ({ ...present, labels: { waiting: labels(), dead: 0, because: null } }),
    documents: async () => (gone(document.id) ? [] : [document]),
    find: async (typed) =>
      !gone(document.id) && document.title.toLowerCase().includes(typed.trim().toLowerCase()) ? [document] : [],
    async document(id) {
      if (gone(id)) throw { code: "no_document", message: `this release has no document “${id}”` };
      return document;
    },
    async sync(onProgress) {
      note("sync");
      onProgress({ step: "checking", done: 0, of: 0 });
      const { number = 0 } = present.knowledge ?? {};
      return { ...report, changed: false, number, bytes: 0, added: 0, changed_documents: 0, withdrawn: 0 };
    },
    ground: async (text) => fallen(grounded(text), became),
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
  } satisfies Partial<Fake>;
}

/** What is asked, and what is kept of it. */
function asked(note: Note, calls: Call[], answerOf: (question: string) => Answer) {
  const kept: Exchange[] = [];
  const names = new Map<string, string>();
  const exchangeOf = (id: string) => {
    const found = kept.find((e) => e.id === id);
    if (!found) throw { code: "failed", message: "unknown" };
    return found;
  };
  return {
    async ask(question, conversation, onEvent) {
      note("ask", question, conversation);
      const answer = answerOf(question);
      tell(answer, onEvent);
      const id = `e${kept.length}`;
      const at = new Date().toISOString();
      const text = answer.answer;
      const exchange = {
        id,
        conversation: conversation ?? id,
        at,
        answer,
        text,
        confirmed: [],
        copied: [],
        label: null,
      };
      kept.push(exchange);
      return { answer, exchange };
    },
    async goOn(id, onEvent) {
      note("goOn", id);
      const found = exchangeOf(id);
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
    conversations: async () =>
      kept
        .filter((e) => e.id === e.conversation)
        .map(({ id, at, answer }) => ({
          id,
          title: answer.question,
          at,
          exchanges: kept.flatMap((e) => (e.conversation === id ? [e.id] : [])),
          name: names.get(id) ?? "",
        })),
    conversationName: async (id) => names.get(id) ?? "",
    async nameConversation(id, name) {
      note("nameConversation", id, name);
      names.set(id, name);
    },
    history: async (typed) =>
      kept
        .filter((e) => `${e.answer.question} ${e.text}`.toLowerCase().includes(typed.toLowerCase()))
        .map((e) => ({
          exchange: e.id,
          conversation: e.conversation,
          at: e.at,
          question: e.answer.question,
          refused: e.answer.abstained,
          copied: calls.some((c) => c[0] === "copy" && c[1] === e.id),
          label: e.label?.verdict ?? null,
          changed: false,
        }))
        .reverse(),
    conversation: async (id) => kept.filter((e) => e.conversation === id),
    async saveText(exchange, text, confirmed) {
      note("saveText", exchange, text, confirmed);
      const found = kept.find((e) => e.id === exchange);
      if (found) Object.assign(found, { text, confirmed });
    },
    async label(exchange, label, sentences) {
      note("label", exchange, label, sentences);
      return Object.assign(exchangeOf(exchange), { label });
    },
  } satisfies Partial<Backend>;
}

function tell(answer: Answer, onEvent: Parameters<Backend["ask"]>[2]) {
  const { passages, reason, parts } = answer;
  // That nothing covers it, the model may say at its end.
  onEvent(passagesFound(passages, reason !== null && reason !== "not_covered", parts));
  for (const notice of answer.notices) onEvent({ event: "notice", notice });
  if (answer.answer) onEvent({ event: "text", piece: answer.answer });
  for (const sentence of answer.sentences) onEvent({ event: "sentence", sentence });
  onEvent({ event: "done", answer });
}
