// Generated from the desk's calls by `cargo xtask types`. Do not edit.
import type { AnsweredOtherwise, Answers, Asked, AskedAgain, Checked, Connection, ConversationRow, Decide, Document, DocumentRow, Entry, Event, Exchange, Gap, Label, LabelRow, LabelShown, Mark, Names, Opening, Passage, Past, Pulled, Releases, Reviewed, Sentence, Since, Standing, Status, SyncProgress, SyncReport, Triage, TriageFilter, Weighed, Weighing } from "./types";

/** What may be asked of the program. */
export interface Calls {
  /** Opens the tenant, where it is not open yet. */
  open(tell: (e: Opening) => void): Promise<Status>;
  /** Which Mortar this is, whether or not a tenant is open. */
  version(): Promise<string>;
  /** How the desk stands. */
  status(): Promise<Status>;
  /** Answers a question, in its conversation or as the first of a new one. */
  ask(question: string, conversation: string | null, tell: (e: Event) => void): Promise<Asked>;
  /** Goes on with an answer that broke off, from the text as it was saved; done when it is whole, stopped, or broken
   * off again. */
  goOn(exchange: string, tell: (e: Event) => void): Promise<Exchange>;
  /** Ends the answer that is being written; its text so far is kept. */
  stop(): Promise<void>;
  /** The grounding of a text that the operator edited, as it is true today; `for_today` where no other day was asked
   * about; what the tenant says for courtesy, with these names in it, claims nothing. */
  ground(text: string, passages: Array<Passage>, for_today: boolean, names: Names): Promise<Array<Sentence>>;
  /** An answer in the customer's words; nothing where nothing of it is for the customer. */
  forCustomer(text: string, passages: Array<Passage>, names: Names): Promise<string | null>;
  /** What each sentence of a text from anywhere stands on. */
  check(text: string): Promise<Checked>;
  /** All documents, by title. */
  documents(): Promise<Array<DocumentRow>>;
  /** The documents that hold what was typed so far. */
  find(typed: string): Promise<Array<DocumentRow>>;
  /** A document, by its id. */
  document(id: string): Promise<Document>;
  /** The day's conversations, newest first. */
  conversations(): Promise<Array<ConversationRow>>;
  /** The newest questions of all days that hold what was typed, with what became of each. */
  history(typed: string): Promise<Array<Past>>;
  /** All questions of a conversation with what became of them, in order. */
  conversation(id: string): Promise<Array<Exchange>>;
  /** Says who a conversation is with; empty: nobody. */
  nameConversation(id: string, name: string): Promise<void>;
  /** Who a conversation is with; empty: nobody said. */
  conversationName(id: string): Promise<string>;
  /** Keeps the operator's text as it is typed. */
  saveText(exchange: string, text: string, confirmed: Array<string>): Promise<void>;
  /** Puts text on the clipboard and keeps what went out. The clipboard comes first: the operator needs the text even
   * if it cannot be kept. */
  copy(exchange: string | null, text: string, confirmed: Array<string>): Promise<void>;
  /** The text on the clipboard. */
  pasted(): Promise<string>;
  /** Labels an answer or a refusal, with the grounding of the text as it stands. */
  label(exchange: string, label: Label, sentences: Array<Sentence>): Promise<Exchange>;
  /** A document was opened beside an answer: kept as a signal, apart from what is said of it. */
  openedBeside(exchange: string, document: string): Promise<void>;
  /** Labels that have not arrived and why, those that were given up first. */
  outbox(): Promise<Array<Entry>>;
  /** Labels that wait or were given up are sent at once: one, or all of them. */
  sendAgain(id: string | null): Promise<void>;
  /** Reads labels of all devices and decisions that are new in the tenant's bucket. */
  pullLabels(): Promise<Pulled>;
  /** Labels that were read, by document and one by one. */
  triage(filter: TriageFilter): Promise<Triage>;
  /** Open questions that have no answer, by meaning. */
  gaps(): Promise<Array<Gap>>;
  /** A label with its sources in its release and in today's. */
  labelShown(id: string): Promise<LabelShown>;
  /** Writes down what a manager decided about labels. */
  decide(ids: Array<string>, decide: Decide): Promise<Array<LabelRow>>;
  /** Asks the questions of fixed labels again; what comes from the right source is verified. */
  verifyLabels(ids: Array<string>, tell: (e: AskedAgain) => void): Promise<Array<AskedAgain>>;
  /** Opens a document's link in the browser, if the tenant lists its host. */
  openLink(url: string): Promise<void>;
  /** How the tenant's services do; nothing where it has none. */
  connection(): Promise<Connection | null>;
  /** Opens the browser; done when the person has come back from it. */
  signIn(): Promise<void>;
  /** Ends the sign-in, at the service and here. */
  signOut(): Promise<void>;
  /** Closes this tenant; `open` opens the other. */
  switchTenant(tenant: string): Promise<void>;
  /** Chooses who writes answers; `open` opens the tenant anew with it. */
  chooseAnswers(answers: Answers): Promise<void>;
  /** Fetches what changed, verifies who signed it and switches to it. */
  sync(tell: (e: SyncProgress) => void): Promise<SyncReport>;
  /** What the store has, what its channels show, and what may be done about it here. */
  releases(): Promise<Releases>;
  /** Weighs what a channel shows against what another shows: what is other, what that does to answers, and what speaks
   * against it. Takes as long as all questions asked twice. */
  weigh(from: string, to: string, tell: (e: Weighing) => void): Promise<Weighed>;
  /** Ends the weighing that is under way. */
  stopWeighing(): Promise<void>;
  /** Says what one thinks of an answer that became another; how it stands then. */
  mark(question: Reviewed, mark: Mark, note: string): Promise<Standing>;
  /** Makes a golden question of an answer that became another; the file that it is in. */
  makeGolden(question: Reviewed): Promise<string>;
  /** Does what was weighed. What speaks against it by now is refused, unless somebody says why it is to be done
   * nevertheless; with a share only so many percent of the devices get it yet. */
  promote(nevertheless: string | null, share: number | null): Promise<void>;
  /** Changes which devices get what a channel shows: so many percent, or none that has it not. */
  rollOut(channel: string, share: number | null, paused: boolean | null): Promise<void>;
  /** Lets a channel show again what it showed before: that release. */
  takeBack(channel: string, to: number): Promise<void>;
  /** What two channels' releases answer to one question. */
  askBoth(a: string, b: string, question: string): Promise<AnsweredOtherwise>;
  /** Which of these passages' documents the present release no longer has, has otherwise, or has no longer in force. */
  since(passages: Array<Passage>, for_today: boolean): Promise<Array<Since>>;
}

/** Hands a call to the program and its result back; `tell` hears what the call tells on its way. */
export type Handover = <T, E>(name: string, args: object, tell?: (e: E) => void) => Promise<T>;

export const callsOver = (call: Handover): Calls => ({
  open: (tell) => call("open", {}, tell),
  version: () => call("version", {}),
  status: () => call("status", {}),
  ask: (question, conversation, tell) => call("ask", { question, conversation }, tell),
  goOn: (exchange, tell) => call("go_on", { exchange }, tell),
  stop: () => call("stop", {}),
  ground: (text, passages, for_today, names) => call("ground", { text, passages, for_today, names }),
  forCustomer: (text, passages, names) => call("for_customer", { text, passages, names }),
  check: (text) => call("check", { text }),
  documents: () => call("documents", {}),
  find: (typed) => call("find", { typed }),
  document: (id) => call("document", { id }),
  conversations: () => call("conversations", {}),
  history: (typed) => call("history", { typed }),
  conversation: (id) => call("conversation", { id }),
  nameConversation: (id, name) => call("name_conversation", { id, name }),
  conversationName: (id) => call("conversation_name", { id }),
  saveText: (exchange, text, confirmed) => call("save_text", { exchange, text, confirmed }),
  copy: (exchange, text, confirmed) => call("copy", { exchange, text, confirmed }),
  pasted: () => call("pasted", {}),
  label: (exchange, label, sentences) => call("label", { exchange, label, sentences }),
  openedBeside: (exchange, document) => call("opened_beside", { exchange, document }),
  outbox: () => call("outbox", {}),
  sendAgain: (id) => call("send_again", { id }),
  pullLabels: () => call("pull_labels", {}),
  triage: (filter) => call("triage", { filter }),
  gaps: () => call("gaps", {}),
  labelShown: (id) => call("label_shown", { id }),
  decide: (ids, decide) => call("decide", { ids, decide }),
  verifyLabels: (ids, tell) => call("verify_labels", { ids }, tell),
  openLink: (url) => call("open_link", { url }),
  connection: () => call("connection", {}),
  signIn: () => call("sign_in", {}),
  signOut: () => call("sign_out", {}),
  switchTenant: (tenant) => call("switch_tenant", { tenant }),
  chooseAnswers: (answers) => call("choose_answers", { answers }),
  sync: (tell) => call("sync", {}, tell),
  releases: () => call("releases", {}),
  weigh: (from, to, tell) => call("weigh", { from, to }, tell),
  stopWeighing: () => call("stop_weighing", {}),
  mark: (question, mark, note) => call("mark", { question, mark, note }),
  makeGolden: (question) => call("make_golden", { question }),
  promote: (nevertheless, share) => call("promote", { nevertheless, share }),
  rollOut: (channel, share, paused) => call("roll_out", { channel, share, paused }),
  takeBack: (channel, to) => call("take_back", { channel, to }),
  askBoth: (a, b, question) => call("ask_both", { a, b, question }),
  since: (passages, for_today) => call("since", { passages, for_today }),
});
