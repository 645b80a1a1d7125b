// A store for tests of the releases' page: two channels, of which one lost a code, changed a number and more.
import type {
  AnsweredOtherwise,
  Backend,
  ChannelRow,
  Marked,
  ReleaseRow,
  Releases,
  Seen,
  Weighed,
  Weighing,
} from "./backend";

const answered = (answer: string, found: string): Seen => ({
  ok: true,
  rank: 1,
  found: [found],
  abstained: false,
  best_score: 0.97,
  answer,
  weakest: "verbatim",
  disagree: false,
});

const silent: Seen = {
  ok: false,
  rank: null,
  found: [],
  abstained: true,
  best_score: 0.1,
  answer: "",
  weakest: null,
  disagree: false,
};

const asked = (ask: string): Omit<AnsweredOtherwise, "a" | "b" | "became"> => ({
  ask,
  after: null,
  as_of: null,
  kind: "plain",
  expected: [],
  facts: [],
});

export const lost: AnsweredOtherwise = {
  ...asked("What does reject 75 mean?"),
  kind: "code",
  expected: ["reject-75"],
  became: "unanswered",
  a: answered("Code 75 means that the plan requires a prior authorization.", "reject-75"),
  b: silent,
};

export const number: AnsweredOtherwise = {
  ...asked("How much may an operator refund?"),
  became: "other_facts",
  facts: [["$50", "$500"]],
  a: answered("An operator may refund $50.", "refund"),
  b: answered("An operator may refund $500.", "refund"),
};

export const reworded: AnsweredOtherwise = {
  ...asked("How long does a refund take?"),
  became: "reworded",
  a: answered("A refund takes five days.", "refund"),
  b: answered("Refunds take five days.", "refund"),
};

export const weighed: Weighed = {
  from: "preview",
  to: "live",
  before: 41,
  number: 42,
  release: "a1b2c3",
  difference: {
    unchanged: 1200,
    facts: [
      {
        document: "refund",
        was: "$50",
        is: "$500",
        before: "An operator may refund $50.",
        after: "An operator may refund $500.",
      },
    ],
    codes_lost: [{ code: "reject 75", documents: ["reject-75"] }],
    codes_new: [],
    added: [{ document: "glp-1", title: "GLP-1 starter programme" }],
    withdrawn: [{ document: "coupon", title: "How do I use a paper coupon?" }],
    renamed: [{ from: "hours", to: "opening-hours", title: "When are we open?" }],
    changed: [
      {
        document: "refund",
        title: "Refunds",
        fields: [{ field: "version", was: "3", is: "4" }],
        words: [{ same: "An operator may refund " }, { out: "$50" }, { in: "$500" }, { same: "." }],
      },
    ],
    begins: [],
    ends: [],
    by: [],
  },
  comparison: {
    questions: 1214,
    same: 1211,
    broken: [{ rule: "code_lost", ...lost }],
    changed: [number, reworded],
    right: { only_a: 1, only_b: 0, p: 1 },
    mrr: { a: 0.941, b: 0.938, difference: -0.003, low: -0.009, high: 0.001 },
    ndcg: { a: 0.95, b: 0.95, difference: 0, low: 0, high: 0 },
    overlap: 0.99,
  },
  review: [],
  reasons: ["a code is lost: reject 75 (it was in reject-75)", "not reviewed: 2 of 2 answers that hurt"],
};

/** Every document and every answer is the same. */
export const nothingOther: Weighed = {
  ...weighed,
  difference: { ...weighed.difference, facts: [], codes_lost: [], added: [], withdrawn: [], renamed: [], changed: [] },
  comparison: weighed.comparison && { ...weighed.comparison, same: 1214, broken: [], changed: [] },
  reasons: [],
};

const channel = (name: string, number: number): ChannelRow => ({
  name,
  number,
  created_at: "2026-11-20T09:00:00Z",
  notes: number === 42 ? "Autumn benefits" : "Refund limits",
  documents: 1204,
  before: number - 1,
  promotion: null,
  rollout: null,
});

const release = (number: number, channels: string[]): ReleaseRow => ({
  number,
  release: `r${number}`,
  created_at: "2026-11-20T09:00:00Z",
  notes: number === 42 ? "Autumn benefits" : "Refund limits",
  documents: 1204,
  passages: 3610,
  segments: 2,
  bytes: 4_000_000,
  channels,
  promotions: [],
  rollouts: [],
});

export const store: Releases = {
  location: "/srv/mortar",
  read_only: null,
  channels: [channel("live", 41), channel("preview", 42)],
  releases: [release(42, ["preview"]), release(41, ["live"])],
  reviewer: "anna",
  reviewers: 2,
  golden: ["golden.toml"],
};

type Note = (...call: [string, ...unknown[]]) => void;

/** Keeps what is marked, promoted and rolled out, as the store does. */
export function released(note: Note, first: Releases = store, of: Weighed = weighed) {
  let present = first;
  let now = of;
  const set = (name: string, over: Partial<ChannelRow>) => {
    present = { ...present, channels: present.channels.map((c) => (c.name === name ? { ...c, ...over } : c)) };
  };
  return {
    releases: async () => present,
    async weigh(from, to, tell: (e: Weighing) => void) {
      note("weigh", from, to);
      tell({ step: "asking", done: 607, of: 1214 });
      return now;
    },
    stopWeighing: async () => note("stopWeighing"),
    async mark(question, mark, said) {
      note("mark", question, mark, said);
      const by = present.reviewer;
      const marked: Marked = { ...question, mark, note: said, by, at: "2026-11-27T10:00:00Z" };
      now = {
        ...now,
        review: [...now.review.filter((m) => m.ask !== question.ask || m.by !== by), marked],
        reasons: mark === "unwanted" ? [...now.reasons, `unwanted: ${question.ask} (${by})`] : now.reasons,
      };
      return { review: now.review, reasons: now.reasons };
    },
    async makeGolden(question) {
      note("makeGolden", question);
      return "golden.toml";
    },
    async promote(nevertheless, share) {
      note("promote", nevertheless, share);
      const overridden = nevertheless === null ? {} : { overridden: { reasons: now.reasons, why: nevertheless } };
      set(now.to, {
        number: now.number,
        before: now.before,
        promotion: { from: now.from, at: "2026-11-27T10:00:00Z", ...overridden },
        rollout: share === null || share === 100 ? null : { share, rings: [], paused: false },
      });
    },
    async rollOut(name, share, paused) {
      note("rollOut", name, share, paused);
      const held = present.channels.find((c) => c.name === name)?.rollout ?? { share: 100, rings: [], paused: false };
      const next = { ...held, share: share ?? held.share, paused: paused ?? held.paused };
      set(name, { rollout: next.share === 100 && !next.paused ? null : next });
    },
    async takeBack(name, to) {
      note("takeBack", name, to);
      set(name, { number: to, before: null, rollout: null, promotion: null });
    },
    async askBoth(a, b, question) {
      note("askBoth", a, b, question);
      return { ...number, ask: question };
    },
  } satisfies Partial<Backend>;
}
