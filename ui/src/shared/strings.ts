// Every word of the window. Another language is another object of this shape.
import type {
  Freshness,
  Grounding,
  Health,
  Kind,
  Knowledge,
  Problem,
  Reason,
  Since,
  Stage,
  SyncProgress,
  SyncReport,
  SyncStep,
} from "../backend/backend";

const plural = (n: number, one: string, many: string) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

export const strings = {
  appName: "Mortar",
  close: "Close",
  cancel: "Cancel",
  save: "Save",

  ask: "Ask",
  browse: "Browse",
  settings: "Settings",
  today: "Today",
  newConversation: "New conversation",
  navigation: "Where you are",
  main: "Answer",
  sourcePanel: "Source",

  askPlaceholder: "Ask a question, or a code, a form, an SOP…",
  followUpPlaceholder: "Ask a follow-up, or a code, a form, an SOP…",
  question: "Question",
  emptyTitle: "What does the customer ask?",
  emptyText: "Type it as the customer wrote it. Every sentence of the answer comes with its source.",
  try: "For example",
  searching: "Looking through the knowledge…",
  writing: "Writing…",
  stop: "Stop",
  stopped: "Stopped. What is here was kept.",
  askAgain: "Ask again",
  goOn: "Go on",
  askedAs: (q: string) => `Searched for “${q}”`,
  found: (n: number, ms: number) => `${plural(n, "source", "sources")} in ${Math.max(1, Math.round(ms))} ms`,
  answeredBy: (model: string, ms: number) => {
    const time = ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
    return model === "verbatim" ? `answered in the sources’ own words in ${time}` : `answered by ${model} in ${time}`;
  },
  noModel: "no model was asked",
  release: (id: string) => `release ${id.slice(0, 8)}`,
  passages: "Passages",
  stillInField: "Your question is still in the field below.",

  answer: "Answer, editable",
  grounding: {
    verbatim: "verbatim",
    supported: "supported",
    partial: "partial",
    unsupported: "no source",
  } satisfies Record<Grounding, string>,
  mark: { verbatim: "●", supported: "◐", partial: "○", unsupported: "▲" } satisfies Record<Grounding, string>,
  copy: "Copy",
  copied: "Copied",
  copiedWithSources: "Copied with sources",
  withSources: "With sources",
  compare: "Compare with draft",
  comparing: "Hide the comparison",
  good: "Good",
  bad: "Bad",
  sources: "Sources:",
  problem: (p: Problem | null, sentence: string) => {
    const short = sentence.length > 60 ? `${sentence.slice(0, 58)}…` : sentence;
    if (p?.kind === "missing") {
      const values = p.values.map((v) => `“${v}”`).join(", ");
      return `${values} ${p.values.length === 1 ? "stands" : "stand"} in none of the passages.`;
    }
    if (p?.kind === "negation") return `“${short}”: the passage says the opposite.`;
    if (p?.kind === "roles") return `“${short}”: in the passage ${p.people.join(" and ")} stand the other way round.`;
    if (p?.kind === "step") return `Before “${short}” a step is missing: “${p.left_out}”`;
    if (p?.kind === "citation") return `“${short}” stands in another passage than the one that was named.`;
    return `“${short}” stands in no passage.`;
  },
  dropIt: "Drop it",
  editIt: "Edit it",
  keepAnyway: "Keep anyway",
  beforeCopying: (n: number) =>
    `Before you copy: ${plural(n, "sentence has", "sentences have")} no source. Edit, drop or keep ${n === 1 ? "it" : "each"}.`,
  confirmed: "kept by you",
  unknownToo: (codes: string[]) =>
    `${codes.length === 1 ? "Code" : "Codes"} ${codes.join(", ")} ${codes.length === 1 ? "is" : "are"} not in the knowledge.`,
  droppedMarks: (n: number) =>
    `${plural(n, "reference", "references")} to no passage ${n === 1 ? "was" : "were"} removed.`,

  notice: (about: Stage, incomplete: boolean) =>
    about === "embedding"
      ? "Searched by words and codes alone:"
      : incomplete
        ? "The answer broke off; what is here was kept:"
        : "Answered with the sources’ own sentences:",
  signIn: "Sign in",
  signOut: "Sign out",
  signedOut: "not signed in",
  signingIn: "Waiting for the browser…",
  signedIn: "Signed in",
  signedInUntil: (time: string) => `signed in until ${time}`,
  health: (what: Stage, health: Health | null) =>
    health === "open" ? `${what} paused, tried again shortly` : health === "shaky" ? `${what} failed lately` : null,
  tenant: "Tenant",
  writer: "Answers are written",
  writers: { model: "By the model", verbatim: "From the sources’ sentences" },
  setByIt: (file: string) => `Set by IT, in ${file}.`,

  refusal: (reason: Reason | null, codes: string[], tenant: string, day: string) => {
    const list = codes.join(", ");
    const one = codes.length === 1;
    if (reason === "unknown_code")
      return `${one ? "Code" : "Codes"} ${list} ${one ? "is" : "are"} not in the ${tenant.toLowerCase()}’s knowledge.`;
    if (reason === "not_in_force")
      return `${one ? "Code" : "Codes"} ${list} ${one ? "is" : "are"} not in force on ${day}.`;
    return `No source of the ${tenant.toLowerCase()} covers this.`;
  },
  refusalWhy: (reason: Reason | null, alike: boolean) => {
    if (reason === "unknown_code")
      return alike
        ? "No answer was written, because a neighbouring code would be wrong. These codes look alike; check the claim before you use one."
        : "No answer was written, because a neighbouring code would be wrong. Check the code on the claim.";
    if (reason === "not_in_force")
      return "No answer was written, because its documents are expired or not yet effective.";
    return "No answer was written, because nothing found is near enough. This is what came nearest; it was not used.";
  },
  oneOff: "one character off",
  nearest: "near, not used",
  browseCodes: "Browse all codes",
  browseAll: "Browse",
  shouldHave: "This should have an answer",

  labelTitle: (good: boolean) => (good ? "This answer is good" : "This answer is bad"),
  labelRefusal: "This should have an answer",
  labelled: (good: boolean) => (good ? "Labelled good" : "Labelled bad"),
  reason: "Why",
  note: "Note for the developers of the models (no names of patients)",
  reasons: {
    good: { complete: "Complete", well_sourced: "The right source", clear: "Clear" },
    bad: {
      wrong: "Wrong",
      incomplete: "Something is missing",
      wrong_source: "The wrong source",
      outdated: "Out of date",
      unclear: "Hard to understand",
    },
    refusal: {
      covered: "A document covers it",
      missing: "A document should be written",
      misread: "The question was misread",
    },
  },

  chooseSource: "Choose a source to read it here.",
  alsoFound: "Also found",
  strong: "strong",
  weak: "weak",
  version: "version",
  effective: "effective",
  since: (d: string) => `since ${d}`,
  until: (d: string) => `until ${d}`,
  fromTo: (a: string, b: string) => `${a} to ${b}`,
  notYet: (d: string) => `not in force before ${d}`,
  expired: (d: string) => `expired on ${d}`,
  always: "always",
  openOriginal: "open original ↗",
  askAbout: "Ask about this",
  openInBrowse: "Open in Browse",
  kinds: { qa: "Question", sop: "SOP", article: "Article", code: "Code" } satisfies Record<Kind, string>,
  kindsMany: { qa: "Questions", sop: "SOPs", article: "Articles", code: "Codes" } satisfies Record<Kind, string>,
  allKinds: "All documents",
  tags: "Tags",
  onThisPage: "On this page",
  findPlaceholder: "Search titles, words, codes…",
  find: "Search the documents",
  nothingFound: "No document holds these words.",
  clearSearch: "Clear the search",
  documents: (n: number) => plural(n, "document", "documents"),
  documentList: "Documents",
  stepDone: (n: number) => `Step ${n}`,
  chooseDocument: "Choose a document to read it here.",

  opening: "Opening the knowledge…",
  preparing: "Preparing the sample knowledge. This happens once.",
  fetching: "Fetching the knowledge. This happens once.",
  steps: {
    downloading: "Downloading what is signed",
    embedding: "Reading the documents",
    indexing: "Building the index",
    verifying: "Checking every byte",
  },
  openFailed: "The knowledge cannot be opened",
  signInFirst: "Sign in to fetch the knowledge",
  signInFirstWhy: (why: string) => `It is not on this device yet, and ${why}. Your browser opens.`,
  tryAgain: "Try again",
  failed: "That did not work",
  wordsOnly: "words only",
  wordsOnlyWhy: "Search goes by words and codes alone:",
  notKept: "Conversations are not kept",
  notKeptThis: "This answer could not be kept. It can still be copied.",
  onDevice: "works offline",
  made: (ago: string) => `made ${ago}`,
  labelsWaiting: (n: number) => `${plural(n, "label", "labels")} waiting`,
  keysHint: "? keys",

  knowledge: "Knowledge",
  releaseNumber: (n: number) => `release ${n}`,
  earlierRelease: "an earlier release",
  openKnowledge: "What this release is, and whether there is a newer one",
  barRelease: (k: Knowledge, updating: boolean) => {
    const checked = strings.checked(k.checked_at);
    const last = updating
      ? strings.updating
      : k.freshness === "too_stale"
        ? `too old, ${checked}`
        : k.problem
          ? `${checked}, last try failed`
          : checked;
    const channel = k.channel.length > 20 ? `${k.channel.slice(0, 19)}…` : k.channel;
    return `${strings.releaseNumber(k.number)} · ${channel} · ${last}`;
  },
  checked: (at: string | null) => (at === null ? "never checked" : `checked ${ago(at)}`),
  checkedAt: (moment: string) => `checked on ${moment}`,
  updating: "updating…",
  channel: "Channel",
  madeAt: "Made",
  holds: "Holds",
  holdsWhat: (documents: number, passages: number) =>
    `${plural(documents, "document", "documents")}, ${plural(passages, "passage", "passages")}`,
  lastChecked: "Last checked",
  never: "never",
  freshness: "Freshness",
  freshnesses: {
    fresh: "Fresh",
    stale: "Getting old. Check now if you can.",
    too_stale: "Too old. Nothing is answered from it until it is checked.",
  } satisfies Record<Freshness, string>,
  notes: "What is new in it",
  lastTryFailed: "The last check failed:",
  checkNow: "Check now",
  checkingNow: "Updating…",
  syncSteps: {
    checking: "Looking for a newer release",
    downloading: "Fetching what changed",
    building: "Reading the documents",
    switching: "Switching to the new release",
  } satisfies Record<SyncStep, string>,
  syncAmount: ({ step, done, of }: SyncProgress) => {
    if (step === "downloading") return of > 0 ? `${size(done)} of ${size(of)}` : done > 0 ? size(done) : "";
    if (step === "building" && of > 0) return `${done.toLocaleString("en")} of ${of.toLocaleString("en")}`;
    return "";
  },
  whatItDoes: "Fetches only what changed. You can close this and go on asking.",
  synced: (r: SyncReport) => {
    if (!r.changed) return "Nothing new.";
    const parts = [
      r.added > 0 && `${r.added.toLocaleString("en")} added`,
      r.changed_documents > 0 && `${r.changed_documents.toLocaleString("en")} changed`,
      r.withdrawn > 0 && `${r.withdrawn.toLocaleString("en")} withdrawn`,
    ].filter((p) => p !== false);
    const what = parts.length > 0 ? parts.join(", ") : "no document differs";
    return `Now on release ${r.number}: ${what}; ${size(r.bytes)} in ${duration(r.seconds)}.`;
  },
  switchedTo: (n: number | null) => (n === null ? "Knowledge updated" : `Knowledge updated to release ${n}`),
  tooOldToAnswer: "The knowledge is too old to answer from",
  staleLine: (k: Knowledge) =>
    `${k.freshness === "too_stale" ? "Too old to answer from" : "Getting old"}: ${strings.checked(k.checked_at)}.`,
  sinceAnswer: (state: Since["state"], titles: string[]) => {
    const shown = titles.slice(0, 3).map((t) => `“${t}”`);
    const more = titles.length - shown.length;
    const list = `${shown.join(", ")}${more > 0 ? ` and ${more.toLocaleString("en")} more` : ""}`;
    return `${state === "withdrawn" ? "Withdrawn" : "Changed"} since this answer: ${list}.`;
  },
  withdrawn: "withdrawn",
  withdrawnWhy: "Withdrawn: this document is no longer in the knowledge.",
  withdrawnOpen: "Withdrawn: this document is no longer in the knowledge. Below is its last text.",
  changedWhere: "Changed since this answer.",
  changedElsewhere: "Changed since this answer; what was cited reads the same.",
  changedOpen: "An update just changed this document. Read it again before you go on.",
  asCited: "As it was found for this answer",
  asNow: "As it is now",

  keys: "Keys",
  palette: "Commands",
  palettePlaceholder: "What do you want to do?",
  noCommand: "No such command.",
  theme: "Colours",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  textSize: "Text size",
  textSizes: { small: "Small", medium: "Medium", large: "Large" },
  motion: "Motion",
  motions: { system: "As the system", reduced: "Reduced" },
  about: "This tenant",
  program: (v: string) => `Mortar ${v}`,

  commands: {
    focus: "Go to the question field",
    new: "New conversation",
    ask: "Ask",
    browse: "Browse",
    again: "Ask again",
    goOn: "Go on with an answer that broke off",
    stop: "Stop the answer",
    copy: "Copy the answer",
    copySources: "Copy with sources",
    compare: "Compare with the draft",
    good: "Label good",
    bad: "Label bad, or say that it should have an answer",
    nextSentence: "Next or previous sentence",
    source: "Show or hide the source",
    signIn: "Sign in",
    update: "Update the knowledge",
    settings: "Settings",
    palette: "Command palette",
    keys: "Sheet of keys",
  },
};

/** A day as an operator reads it. */
export function day(iso: string): string {
  const [y, m, d] = iso.split("-").map(Number);
  return new Date(y ?? 0, (m ?? 1) - 1, d ?? 1).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
  });
}

/** A moment as an operator reads it. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** What the program says, as a sentence of its own or as the end of one. */
export function ended(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`;
}

function size(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function duration(seconds: number): string {
  if (seconds >= 100) return `${Math.round(seconds / 60)} min`;
  return seconds < 10 ? `${Math.max(0.1, Math.round(seconds * 10) / 10)} s` : `${Math.round(seconds)} s`;
}

/** How long ago, roughly. */
export function ago(iso: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.round((now - new Date(iso).getTime()) / 60000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h ago`;
  return `${Math.round(minutes / 1440)} days ago`;
}
