// Long because it holds all that the window and the program say to each other.
// Generated from the Rust types by `cargo xtask types`. Do not edit.

export type Answer = { question: string, 
/**
 * The question that was searched for, where a follow-up was made into a question of its own.
 */
asked_as: string | null, release: string, as_of: string, passages: Array<Passage>, 
/**
 * The text, one sentence a line; empty where nothing was written.
 */
answer: string, sentences: Array<Sentence>, abstained: boolean, reason: Reason | null, 
/**
 * Codes of the question that the knowledge does not hold.
 */
unknown_codes: Array<string>, look_alikes: Array<LookAlike>, 
/**
 * What the question is about and no passage is.
 */
missing: Array<Missing>, 
/**
 * The questions of a message that asks several, in its order; empty where it asks one.
 */
parts: Array<QuestionPart>, 
/**
 * Sources in force that disagree about the answer; all are shown.
 */
disagree: Array<Disagreement>, 
/**
 * The question may be about danger to life: what is shown is what the sources say to do, no answer.
 */
emergency: boolean, 
/**
 * The words of the question that name the day of `as_of`, where it names one.
 */
day: string | null, 
/**
 * Marks of the generator that pointed to no passage; they were taken out.
 */
dropped_marks: number, 
/**
 * Stopped before the generator was done.
 */
stopped: boolean, 
/**
 * The generator broke off; what it had written is kept.
 */
incomplete: boolean, 
/**
 * Models that could not do their part, and what was done instead.
 */
notices: Array<Notice>, 
/**
 * What of the question was masked before any of it left the device, by kind; empty where nothing had to leave.
 */
masked?: Array<MaskedKind>, 
/**
 * The models' own records of this answer carry it.
 */
inference_id: string | null, timings_ms: Timings, models: Models, };

export type AnsweredOtherwise = { ask: string, 
/**
 * The question before it, and the day, where it has any.
 */
after: string | null, as_of: string | null, kind: GoldenKind, expected: Array<string>, became: Became, 
/**
 * The numbers, days and denials that are other: what it was, and what it is.
 */
facts: Array<[string | null, string | null]>, a: Seen, b: Seen, };

export type Answers = "model" | "verbatim";

export type Asked = { answer: Answer, exchange: Exchange | null, };

export type AskedAgain = { label: string, question: string, fixed_in: string, release: string, 
/**
 * None: it comes right.
 */
not_yet: NotYet | null, };

export type Became = "unanswered" | "other_facts" | "disputed" | "answered" | "reworded" | "reordered";

export type Broken = { rule: Rule, ask: string, 
/**
 * The question before it, and the day, where it has any.
 */
after: string | null, as_of: string | null, kind: GoldenKind, expected: Array<string>, became: Became, 
/**
 * The numbers, days and denials that are other: what it was, and what it is.
 */
facts: Array<[string | null, string | null]>, a: Seen, b: Seen, };

export type Bytes = { start: number, end: number, };

export type Changed = { document: string, title: string, fields: Array<FieldChange>, 
/**
 * The body word by word; what did not change is cut to what stands beside a change.
 */
words: Array<Piece>, };

export type ChannelRow = { name: string, number: number, created_at: string, notes: string, documents: number, 
/**
 * The release that it showed before and would show again.
 */
before: number | null, promotion: Promotion | null, 
/**
 * Who gets it; none: all.
 */
rollout: Rollout | null, };

export type Checked = { text: string, 
/**
 * The release that was searched; none: it was held against given sources.
 */
release: string | null, as_of: string | null, 
/**
 * Whether no sentence of it lacks a source.
 */
stands: boolean, sentences: Array<Sentence>, 
/**
 * Those that are cited, and of what has no source the nearest.
 */
passages: Array<Passage>, 
/**
 * What a model could not do.
 */
notices: Array<Notice>, };

export type Citation = { passage: string, 
/**
 * The passage's number in this answer.
 */
number: number, document: string, version: string, 
/**
 * Byte range of `quote` in the document's body.
 */
start: number, end: number, quote: string, };

export type Claim = { 
/**
 * Byte range in the answer's text.
 */
start: number, end: number, grounding: Grounding, citations: Array<Citation>, problem: Problem | null, };

export type Comparison = { questions: number, 
/**
 * Answered by both alike, to the byte.
 */
same: number, 
/**
 * What must not be: each is a reason not to let operators have b.
 */
broken: Array<Broken>, 
/**
 * All else that is other.
 */
changed: Array<AnsweredOtherwise>, right: OnlyOne, 
/**
 * The mean reciprocal rank, and nDCG of the first ten, of questions that documents answer.
 */
mrr: Paired, ndcg: Paired, 
/**
 * How far the first ten documents are the same, at the mean.
 */
overlap: number, };

export type Connection = { 
/**
 * Nobody is signed in, or the keyring cannot say.
 */
needs_sign_in: boolean, signed_in_until: string | null, 
/**
 * Why a sign-in cannot be kept.
 */
problem: DeskError | null, embedding: 'well' | 'shaky' | 'open' | null, reranking: 'well' | 'shaky' | 'open' | null, generation: 'well' | 'shaky' | 'open' | null, checking: 'well' | 'shaky' | 'open' | null, };

export type ConversationRow = { id: string, title: string, at: string, exchanges: Array<string>, 
/**
 * Who it is with; empty: nobody said.
 */
name: string, };

export type Copied = { at: string, text: string, confirmed: Array<string>, };

export type Count = { what: string, name: string, added: number, changed: number, withdrawn: number, };

export type DayCount = { day: string, good: number, bad: number, };

export type Decide = { "step": "fixed_in", document: string, } | { "step": "not_a_fault", reason: string, } | { "step": "reopen" };

export type DeskError = { code: ErrorCode, message: string, };

export type Difference = { unchanged: number, 
/**
 * Numbers, days and denials of documents that are in both.
 */
facts: Array<FactChange>, codes_lost: Array<OfCode>, codes_new: Array<OfCode>, added: Array<Named>, withdrawn: Array<Named>, renamed: Array<Renamed>, changed: Array<Changed>, 
/**
 * In force on the day in one of the two only, though in both.
 */
begins: Array<Named>, ends: Array<Named>, by: Array<Count>, };

export type Disagreement = { 
/**
 * The numbers of the passages.
 */
one: number, other: number, 
/**
 * What the one says, and what the other says.
 */
says: string, contradicts: string, };

export type Document = { id: string, title: string, 
/**
 * The text; every byte range of a passage or a citation counts in its UTF-8 bytes.
 */
body: string, url: string | null, kind: Kind, version: string, 
/**
 * The first day on which it is in force; none: from always.
 */
effective_from: string | null, 
/**
 * The last day on which it is in force; none: until further notice.
 */
effective_to: string | null, owner: string | null, tags: Array<string>, 
/**
 * The codes that this document is about, as written.
 */
codes: Array<string>, 
/**
 * What changed and what it replaces, for the reader.
 */
history: string | null, 
/**
 * Where it is from, where that is known.
 */
source?: Provenance | null, };

export type DocumentRow = { id: string, title: string, kind: Kind, version: string, effective_from: string | null, effective_to: string | null, tags: Array<string>, codes: Array<string>, };

export type Entry = { 
/**
 * The label's.
 */
id: string, exchange: string, 
/**
 * Of the object, below the tenant's prefix.
 */
key: string, sha256: string, bytes: number, at: string, state: EntryState, attempts: number, next_attempt: string | null, last_error: EntryError | null, };

export type EntryError = { fault: Fault, message: string, };

export type EntryState = "pending" | "in_flight" | "delivered" | "dead";

export type ErrorCode = "usage" | "sign_in" | "too_stale" | "no_document" | "failed";

export type Event = { "event": "passages", passages: Array<Passage>, asked_as: string | null, retrieve_ms: number, 
/**
 * No answer is written from them.
 */
refused: boolean, 
/**
 * The questions of a message that asks several.
 */
parts: Array<QuestionPart>, } | { "event": "notice", notice: Notice, } | { "event": "writing", text: string, } | { "event": "text", piece: string, } | { "event": "sentence", sentence: Sentence, } | { "event": "done", answer: Answer, } | { "event": "failed", message: string, };

export type Exchange = { id: string, conversation: string, at: string, answer: Answer, 
/**
 * The operator's present text; the answer's own until it is edited.
 */
text: string, confirmed: Array<string>, copied: Array<Copied>, label: Label | null, };

export type FactChange = { document: string, was: string | null, is: string | null, before: string, after: string, };

export type Fault = "sign_in" | "offline" | "busy" | "slow" | "refused" | "other_model" | "failed";

export type FieldChange = { field: string, was: string, is: string, };

export type FoundBy = "code" | "words" | "meaning";

export type Freshness = "fresh" | "stale" | "too_stale";

export type Gap = { 
/**
 * The one that is most like the others.
 */
question: string, asked: number, newest: string, labels: Array<string>, };

export type GoldenKind = "plain" | "code" | "unknown_code" | "uncovered" | "follow_up" | "dated" | "misspelt" | "long" | "exception" | "day" | "step" | "parts" | "emergency" | "other_name" | "other_drug";

export type Grounding = "verbatim" | "supported" | "partial" | "unsupported" | "courtesy";

export type Kind = "qa" | "sop" | "article" | "code";

export type Knowledge = { channel: string, number: number, notes: string, 
/**
 * When the store was last found to be as it should be.
 */
checked_at: string | null, freshness: Freshness, 
/**
 * Why the last check failed.
 */
problem: string | null, };

export type Label = { verdict: Verdict, reasons: Array<LabelReason>, note: string, 
/**
 * The sentence that it is about; none: the whole.
 */
sentence: LabelledSentence | null, 
/**
 * The document that says it.
 */
right_source: RightSource | null, };

export type LabelReason = "wrong_source" | "out_of_date" | "not_complete" | "wrong" | "badly_said" | "no_source" | "should_be_refused" | "covered" | "not_written" | "misread" | "complete" | "well_sourced" | "clear" | "other";

export type LabelRow = { id: string, at: string, about: RightSource | null, question: string, verdict: Verdict, reasons: Array<LabelReason>, release: string, operator: string, edited: boolean, refused: boolean, state: TriageState, fixed_in: string | null, verified_in: string | null, };

export type LabelShown = { row: LabelRow, note: string, draft: string, text: string, decision: TriageDecision, 
/**
 * The release of today.
 */
release: string, sources: Array<SourceThen>, 
/**
 * The document that it is about, as it is today.
 */
today: Document | null, };

export type LabelledSentence = { start: number, end: number, text: string, };

export type LookAlike = { code: string, document: string, title: string, };

export type Mark = "wanted" | "unwanted" | "irrelevant";

export type Marked = { mark: Mark, note: string, by: string, at: string, ask: string, after: string | null, as_of: string | null, };

export type MaskedKind = { kind: string, count: number, };

export type Missing = { 
/**
 * As it was typed.
 */
subject: string, 
/**
 * Whether no document at all names it.
 */
nowhere: boolean, 
/**
 * What the nearest passage is about instead.
 */
nearest: string | null, };

export type Models = { embedding: string | null, 
/**
 * None: the passages stand in the order of the search.
 */
reranking: string | null, generation: string | null, };

export type Named = { document: string, title: string, };

export type Names = { customer: string | null, operator: string | null, };

export type NoLabel = { key: string, why: string, };

export type NotYet = { "why": "same_release" } | { "why": "no_document" } | { "why": "refused" } | { "why": "answered" } | { "why": "other_source", document: string, title: string, } | { "why": "same_words" };

export type Notice = { about: Stage, fault: Fault, message: string, };

export type OfCode = { code: string, documents: Array<string>, };

export type OnlyOne = { only_a: number, only_b: number, p: number, };

export type Opening = { step: OpeningStep, done: number, of: number, };

export type OpeningStep = "downloading" | "embedding" | "indexing" | "verifying";

export type Overridden = { reasons: Array<string>, why: string, };

export type Paired = { a: number, b: number, difference: number, low: number, high: number, };

export type Passage = { 
/**
 * `<document>#<n>`, stable for the same sources.
 */
id: string, 
/**
 * Its number in this answer, from 1.
 */
number: number, document: string, version: string, title: string, kind: Kind, url: string | null, effective_from: string | null, effective_to: string | null, heading_path: Array<string>, 
/**
 * The page of its source on which it begins, where that has pages.
 */
page: number | null, 
/**
 * Byte range of `text` in the document's body.
 */
start: number, end: number, text: string, 
/**
 * The heading that it stands under, in the document's body.
 */
heading: Bytes | null, 
/**
 * The head of the table in whose rows the text begins.
 */
head: string | null, 
/**
 * The calibrated probability that this passage answers the question.
 */
score: number, 
/**
 * Whether it is near enough, and about the right thing, for an answer to be made from it.
 */
carries: boolean, 
/**
 * What the question is about and this passage is not.
 */
lacks: Array<string>, 
/**
 * The case of the question that it speaks of, where that makes it the exception to a rule.
 */
case: string | null, 
/**
 * It says what to do in danger to life, and is shown whatever its score.
 */
emergency: boolean, found_by: Array<FoundBy>, };

export type Past = { exchange: string, conversation: string, at: string, question: string, refused: boolean, copied: boolean, label: Verdict | null, 
/**
 * A source that it cites is other than it was, or is gone.
 */
changed: boolean, };

export type Piece = { "same": string } | { "out": string } | { "in": string };

export type Problem = { "kind": "missing", values: Array<string>, } | { "kind": "negation" } | { "kind": "wording" } | { "kind": "roles", people: Array<string>, } | { "kind": "step", left_out: string, } | { "kind": "citation" } | { "kind": "doubted", model: string, } | { "kind": "since", title: string, state: SinceState, was: string, now: string | null, };

export type Promotion = { from: string, at: string, 
/**
 * What spoke against it, where it was done nevertheless, and why it was.
 */
overridden?: Overridden, };

export type Provenance = { file: string, 
/**
 * Where it stood when it was first read as it is: a row of a sheet, a line, a page of an export.
 */
place?: string | null, 
/**
 * Of all that it says.
 */
hash?: string | null, 
/**
 * The day on which it was first read as it is.
 */
read?: string | null, };

export type Pulled = { 
/**
 * Where labels lie.
 */
from: string, 
/**
 * Labels and decisions that are new here.
 */
labels: number, decisions: number, 
/**
 * All objects so far that are no label, and decisions that cannot be used, with why.
 */
no_labels: Array<NoLabel>, };

export type QuestionPart = { 
/**
 * Its own words.
 */
asked: string, 
/**
 * As it was searched for, where it needed words of the rest of the message.
 */
asked_as: string | null, as_of: string, 
/**
 * The words that name that day, where it names one.
 */
day: string | null, 
/**
 * Why it has no answer; none: it has one.
 */
reason: Reason | null, 
/**
 * The numbers of the passages that it is answered from, or that came nearest, the best first.
 */
passages: Array<number>, 
/**
 * Which of the answer's sentences answer it, counted from 0.
 */
sentences: Array<number>, unknown_codes: Array<string>, look_alikes: Array<LookAlike>, missing: Array<Missing>, };

export type Reason = "unknown_code" | "not_in_force" | "other_subject" | "not_covered";

export type ReleaseRow = { number: number, release: string, created_at: string, notes: string, documents: number, passages: number, segments: number, bytes: number, 
/**
 * The channels that show it.
 */
channels: Array<string>, 
/**
 * How it came into channels that it was promoted to.
 */
promotions: Array<Promotion>, 
/**
 * Who gets it, in channels where not all do yet.
 */
rollouts: Array<Rollout>, };

export type Releases = { location: string, 
/**
 * Why nothing can be signed here; none: it can.
 */
read_only: string | null, channels: Array<ChannelRow>, 
/**
 * The newest first.
 */
releases: Array<ReleaseRow>, 
/**
 * Who marks here.
 */
reviewer: string, 
/**
 * So many people must have looked at what is to go live.
 */
reviewers: number, 
/**
 * Where golden questions are kept; the first takes new ones.
 */
golden: Array<string>, };

export type Renamed = { from: string, to: string, title: string, };

export type Reviewed = { ask: string, after: string | null, as_of: string | null, };

export type RightSource = { document: string, title: string, };

export type Rollout = { 
/**
 * Percent of the devices. A larger share is the smaller one and more.
 */
share: number, 
/**
 * Devices of these rings get it whatever the share.
 */
rings: Array<string>, 
/**
 * Nobody gets it who has it not.
 */
paused: boolean, };

export type Rule = "code_lost" | "answer_lost" | "must_not_be_answered" | "past_changed";

export type Seen = { ok: boolean, rank: number | null, found: Array<string>, abstained: boolean, best_score: number, answer: string, 
/**
 * The weakest mark of its sentences.
 */
weakest: Grounding | null, 
/**
 * Sources in force disagree about it.
 */
disagree: boolean, };

export type Sentence = { text: string, 
/**
 * Byte range in the answer's text.
 */
start: number, end: number, grounding: Grounding, citations: Array<Citation>, problem: Problem | null, 
/**
 * Its claims, where it makes several and is no sentence of a passage as it is.
 */
claims: Array<Claim>, };

export type Since = { document: string, state: SinceState, };

export type SinceState = "withdrawn" | "expired" | "changed";

export type SourceThen = { passage: Passage, since: Since | null, 
/**
 * What its document says today in that place, where it says something else: the nearest lines to it.
 */
now: string | null, };

export type Stage = "embedding" | "reranking" | "generation" | "checking";

export type Standing = { review: Array<Marked>, reasons: Array<string>, };

export type Status = { tenant: string, tenant_name: string, suggestions: Array<string>, release: string, release_created_at: string, 
/**
 * Where the release comes from; none where it was made on this device.
 */
knowledge: Knowledge | null, documents: number, passages: number, 
/**
 * None: search goes by words alone, and `embedding_problem` says why.
 */
embedding: string | null, embedding_problem: string | null, 
/**
 * None: passages stand in the order of the search.
 */
reranking: string | null, generation: string, 
/**
 * Why conversations and labels cannot be kept, if they cannot.
 */
records_problem: string | null, 
/**
 * How labels do that have not arrived.
 */
labels: Waiting, 
/**
 * The key of what is kept lies in a file beside it, not in the keyring: the sample's does.
 */
key_in_file: boolean, 
/**
 * Models or buckets of this tenant are on AWS: somebody must be signed in.
 */
on_aws: boolean, tenants: Array<string>, answers: Answers, 
/**
 * Which file of IT's sets who writes answers, if one does.
 */
answers_locked: string | null, today: string, };

export type SyncProgress = { step: SyncStep, done: number, of: number, };

export type SyncReport = { changed: boolean, number: number, release: string, channel: string, 
/**
 * How it got there: nothing, back, grow, rebase, whole.
 */
plan: string, 
/**
 * Of segments, and of metadata.
 */
bytes: number, metadata_bytes: number, requests: number, added: number, changed_documents: number, withdrawn: number, seconds: number, 
/**
 * Of these, making and looking at the new state.
 */
build_seconds: number, };

export type SyncStep = "checking" | "downloading" | "building" | "switching";

export type Timings = { embed: number, retrieve: number, 
/**
 * From the question to the first text; absent where nothing was written.
 */
first_text: number | null, total: number, };

export type Triage = { groups: Array<TriageGroup>, 
/**
 * The newest first.
 */
rows: Array<LabelRow>, days: Array<DayCount>, };

export type TriageDecision = { format: number, tenant: string, label: string, taken: Array<TriageTaken>, };

export type TriageFilter = { reason: LabelReason | null, document: string | null, release: string | null, operator: string | null, since: string | null, state: TriageState | null, };

export type TriageGroup = { 
/**
 * None: refused, and nobody said which document should answer.
 */
about: RightSource | null, state: TriageState, bad: number, good: number, 
/**
 * How often each reason was given, the most frequent first.
 */
reasons: Array<[LabelReason, number]>, newest: string, 
/**
 * The bad ones, the newest first.
 */
labels: Array<string>, };

export type TriageState = "open" | "fixed" | "verified" | "not_a_fault";

export type TriageStep = { "step": "fixed_in", document: string, } | { "step": "not_a_fault", reason: string, } | { "step": "reopened" } | { "step": "verified", document: string, release: string, };

export type TriageTaken = { at: string, 
/**
 * The name of the device's audit.
 */
by: string, step: TriageStep, };

export type Verdict = "good" | "bad";

export type Waiting = { waiting: number, 
/**
 * Given up until somebody looks at them.
 */
dead: number, 
/**
 * Why the oldest one waits, if it was tried.
 */
because: string | null, };

export type Weighed = { from: string, to: string, 
/**
 * The release that the other channel shows now; none: it shows nothing yet.
 */
before: number | null, number: number, release: string, difference: Difference, 
/**
 * None where there is nothing to compare with.
 */
comparison: Comparison | null, review: Array<Marked>, reasons: Array<string>, };

export type Weighing = { step: WeighingStep, done: number, of: number, };

export type WeighingStep = "fetching" | "asking";
