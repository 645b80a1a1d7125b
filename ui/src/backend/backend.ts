// What the window asks of the program. The only folder that knows how it is asked.
import type {
  Answer,
  Answers,
  Connection,
  ConversationRow,
  DeskError,
  Document,
  DocumentRow,
  Event,
  Exchange,
  Label,
  Passage,
  Sentence,
  Since,
  Status,
  SyncProgress,
  SyncReport,
} from "./types";

export type * from "./types";

export type Health = NonNullable<Connection["generation"]>;

/** How far the opening is, where the knowledge must be fetched or made first. */
export type Opening = { step: "downloading" | "embedding" | "indexing" | "verifying"; done: number; of: number };

export type Asked = { answer: Answer; exchange: Exchange | null };

export interface Backend {
  open(onProgress: (p: Opening) => void): Promise<Status>;
  status(): Promise<Status>;
  ask(question: string, conversation: string | null, onEvent: (e: Event) => void): Promise<Asked>;
  /** Goes on with an answer that broke off, from the text as it was saved. */
  goOn(exchange: string, onEvent: (e: Event) => void): Promise<Exchange>;
  stop(): Promise<void>;
  ground(text: string, passages: Passage[]): Promise<Sentence[]>;
  documents(): Promise<DocumentRow[]>;
  find(typed: string): Promise<DocumentRow[]>;
  document(id: string): Promise<Document>;
  conversations(): Promise<ConversationRow[]>;
  conversation(id: string): Promise<Exchange[]>;
  saveText(exchange: string, text: string, confirmed: string[]): Promise<void>;
  /** Puts text on the clipboard and keeps what went out. */
  copy(exchange: string | null, text: string, confirmed: string[]): Promise<void>;
  label(exchange: string, label: Label, sentences: Sentence[]): Promise<Exchange>;
  openLink(url: string): Promise<void>;
  /** How the tenant's services do; nothing where it has none. */
  connection(): Promise<Connection | null>;
  /** Opens the browser; done when the person has come back from it. */
  signIn(): Promise<void>;
  signOut(): Promise<void>;
  /** Closes this tenant; `open` opens the other. */
  switchTenant(tenant: string): Promise<void>;
  /** Who writes answers; `open` opens the tenant anew with it. */
  chooseAnswers(answers: Answers): Promise<void>;
  /** Fetches what changed, verifies who signed it and switches to it. */
  sync(onProgress: (p: SyncProgress) => void): Promise<SyncReport>;
  /** Which of these passages' documents the present release no longer has, or has otherwise. */
  since(passages: Passage[]): Promise<Since[]>;
  /** How far a sync is that nobody asked for; nothing: it is over. */
  onSync(then: (p: SyncProgress | null) => void): () => void;
  /** The knowledge was switched to another release, whoever asked for it. */
  onRelease(then: () => void): () => void;
  /** The hotkey brought the window up: the question field wants the focus. */
  onSummoned(then: () => void): () => void;
}

/** Whatever was thrown, as the program says it. */
export function asError(e: unknown): DeskError {
  if (typeof e === "object" && e !== null && "message" in e && "code" in e) return e as DeskError;
  return { code: "failed", message: e instanceof Error ? e.message : String(e) };
}
