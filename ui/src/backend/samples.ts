// What the fake backend knows and says: one document, its answer, a tenant, a release.
import type {
  Answer,
  Checked,
  Document,
  Event,
  Knowledge,
  Passage,
  QuestionPart,
  Sentence,
  Since,
  Status,
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
  source: { file: "claim-rejections.pdf", place: null, hash: "4f1c2a90d7e3b865", read: "2026-09-01" },
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
  page: 3,
  start: 0,
  end: body.length,
  text: body,
  heading: null,
  head: null,
  score: 0.99,
  carries: true,
  lacks: [],
  case: null,
  emergency: false,
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
    const courtesy = /^(Hello|Kind regards)/.test(line);
    out.push({
      text: line,
      start,
      end: start + encoder.encode(line).length,
      grounding: courtesy ? "courtesy" : found >= 0 ? "verbatim" : "unsupported",
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
      problem: found >= 0 || courtesy ? null : { kind: "missing", values: ["12 hours"] },
      claims: [],
    });
  }
  return out;
}

/** The same, where documents have become other than they were. */
export const fallen = (sentences: Sentence[], became: Since[]): Sentence[] =>
  sentences.map((s) => {
    const fell = became.find((b) => s.citations.some((c) => c.document === b.document));
    if (!fell) return s;
    const now = fell.state === "changed" ? "Code 75 means another thing." : null;
    const problem = { kind: "since" as const, title: document.title, state: fell.state, was: s.text, now };
    return { ...s, grounding: "unsupported", problem };
  });

/** A text from anywhere, held against the one document. */
export function checkedOf(text: string): Checked {
  const sentences = grounded(text);
  const stands = sentences.every((s) => s.grounding !== "unsupported");
  return { text, release: "abc", as_of: "2026-11-22", stands, sentences, passages: [passage], notices: [] };
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
    missing: [],
    parts: [],
    disagree: [],
    emergency: false,
    day: null,
    dropped_marks: 0,
    stopped: false,
    incomplete: false,
    notices: [],
    inference_id: null,
    timings_ms: { embed: 1, retrieve: 1, first_text: 2, total: 3 },
    models: { embedding: "m", reranking: null, generation: "verbatim" },
  };
}

export const passagesFound = (passages: Passage[], refused = false, parts: QuestionPart[] = []): Event => ({
  event: "passages",
  passages,
  parts,
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
  reranking: null,
  generation: "verbatim",
  records_problem: null,
  labels: { waiting: 0, dead: 0, because: null },
  key_in_file: true,
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
