// The words of the releases' page: what a channel shows, what another would change, what people think of it.
import type { Became, ChannelRow, Mark, Rollout, Rule, Weighed, Weighing } from "../../backend/backend";
import { dayOf, plural } from "./format";

const count = (n: number) => n.toLocaleString("en");

export const reviewing = {
  releases: "Releases",
  releasesList: "What is other",
  changeDetail: "The change",
  channels: "Channels",
  allReleases: "All releases",
  readingStore: "Reading the store…",
  storeFailed: "The store cannot be read.",
  noChannels: "Nothing is published yet.",
  noPreview: (to: string) =>
    `No other channel than ${to} has a release. Publish to one first: mortar kb publish FOLDER --channel preview`,
  sameRelease: (from: string, to: string) => `${from} shows what ${to} shows: there is nothing to promote.`,
  readOnly: "You can look and compare here. To mark, promote or take back:",
  channelShows: ({ number, created_at, documents }: ChannelRow) =>
    `release ${number} of ${dayOf(created_at)} · ${plural(documents, "document", "documents")}`,
  rolloutOf: (rollout: Rollout | null) => {
    if (rollout === null) return "on all devices";
    const rings = rollout.rings.length > 0 ? ` and ${rollout.rings.join(", ")}` : "";
    return rollout.paused ? `paused at ${rollout.share} %${rings}` : `on ${rollout.share} % of devices${rings}`;
  },
  overriddenBy: (why: string) => `promoted nevertheless: ${why}`,
  pause: "Pause",
  resume: "Resume",
  shareOf: (channel: string) => `Share of devices that get ${channel}`,
  share: (percent: number) => (percent === 100 ? "All devices" : `${percent} % of devices`),
  takeBackTo: (number: number) => `Take back to ${number}`,
  takenBack: (channel: string, number: number) => `${channel} shows release ${number} again`,
  takeBackWhat: (channel: string, number: number) =>
    `All devices of ${channel} go back to release ${number} at their next check. It is still on their disks.`,
  rolledOut: (channel: string) => `Changed for ${channel}`,
  fromChannel: "Preview channel",
  toChannel: "Live channel",

  compareNow: "Compare",
  compareAnew: "Compare again",
  stopComparing: "Stop",
  compareWhat: (golden: number): string =>
    golden > 0
      ? "Asks both releases your golden questions and what they answer by their own words, with the same models on the same day."
      : "Asks both releases what they answer by their own words, with the same models on the same day. Golden questions of your own make it sharper: name their file as knowledge.golden in the configuration.",
  weighing: ({ step, done, of }: Weighing): string =>
    step === "fetching" ? "Fetching both releases…" : `Asking question ${count(done + 1)} of ${count(of)}…`,
  weighFailed: "The comparison failed.",
  over: ({ from, number, comparison }: Weighed) =>
    comparison
      ? `${from} ${number} over ${plural(comparison.questions, "question", "questions")}`
      : `${from} ${number}`,
  summary: ({ from, to, before, number, difference: d }: Weighed) => {
    const parts = [
      d.added.length > 0 && `${count(d.added.length)} new`,
      d.changed.length > 0 && `${count(d.changed.length)} changed`,
      d.renamed.length > 0 && `${count(d.renamed.length)} renamed`,
      d.withdrawn.length > 0 && `${count(d.withdrawn.length)} withdrawn`,
    ].filter((p) => p !== false);
    const documents = parts.length > 0 ? `documents: ${parts.join(", ")}` : "no document differs";
    return `${to} ${before ?? "–"} → ${from} ${number} · ${documents}`;
  },
  nothingOther: "Nothing is other: every document and every answer is the same to the last byte.",
  alike: (n: number) => `${plural(n, "answer is", "answers are")} the same to the last byte.`,
  andMore: (n: number) => `and ${count(n)} more: mortar kb compare and mortar kb diff list all`,

  figures: {
    rules: "against a rule",
    reviewed: "answers that hurt are reviewed",
    ranking: "rank of the right source (MRR)",
    reviewers: "reviewers",
  },
  of: (n: number, of: number) => `${count(n)} of ${count(of)}`,
  against: (n: number) => `${plural(n, "reason speaks", "reasons speak")} against it`,
  nothingAgainst: "Nothing speaks against it.",

  groups: { facts: "Numbers, dates and codes", answers: "Answers", documents: "Documents" },
  facts: { fact: "Other fact", codeLost: "Code lost", codeNew: "New code" },
  documentsAre: {
    changed: "Changed",
    added: "New",
    renamed: "Renamed",
    withdrawn: "Withdrawn",
    begins: "In force now",
    ends: "No longer in force",
  },
  rules: {
    code_lost: "Code lost",
    answer_lost: "Answer lost",
    must_not_be_answered: "Must not be answered",
    past_changed: "Past changed",
  } satisfies Record<Rule, string>,
  became: {
    unanswered: "Not answered",
    other_facts: "Other facts",
    disputed: "Disputed",
    answered: "Answered anew",
    reworded: "Reworded",
    reordered: "Other order",
  } satisfies Record<Became, string>,
  notAnswered: "not answered",
  isAnswered: "answered",
  sameFacts: "same facts",
  sameAnswer: "same answer",
  nothing: "nothing",
  was: "was",
  is: "is",

  marks: { wanted: "Wanted", unwanted: "Unwanted", irrelevant: "Irrelevant" } satisfies Record<Mark, string>,
  toReview: "to review",
  saidBy: (by: string, mark: Mark) => `${by}: ${reviewing.marks[mark].toLowerCase()}`,
  noteFor: "Note to the mark",
  notePlaceholder: "Why, for whoever promotes…",
  makeGolden: "Golden question",
  goldenMade: (file: string) => `It is asked from now on: ${file}`,
  onlyAnswers: "Only answers are marked: choose one of them",
  because: (title: string) => `Because · ${title}`,
  shownBy: (channel: string, number: number | string) => `${channel} ${number}`,
  refusedIt: "Not answered: nothing in it answers this question.",
  chooseChange: "Choose a change to see both sides of it.",

  promote: "Promote",
  promoting: "Signing…",
  promoteTitle: (number: number, to: string) => `Promote release ${number} to ${to}`,
  promoteFirst: "Compare first: what nobody looked at is not promoted",
  promoteRefused: "This speaks against it. Mend it and publish again, or say why it is right nevertheless:",
  nevertheless: "Why it is to be done nevertheless",
  neverthelessWhat: "Your words and these reasons are signed with the channel, for everybody to read.",
  firstTo: "First to",
  promoteNow: "Promote",
  promotedNow: (number: number, to: string) => `${to} shows release ${number}`,
  previewLine: (n: number) =>
    `You see preview, release ${n}: operators do not have it yet, and it is not for customers.`,
  previewCopy: "This is preview, and no customer should get it yet. Look again; the next press copies it.",
  askBoth: "Ask both",
  askBothPlaceholder: "A question to both releases…",
  askingBoth: "Asking both…",

  commands: {
    releases: "Releases",
    stopReleases: "Stop comparing, or go to the question",
    nextChange: "Next change",
    lastChange: "Change before",
    wanted: "The change is wanted",
    unwanted: "The change is unwanted",
    irrelevant: "The change is of no matter",
    golden: "Make it a golden question",
    compareReleases: "Compare the two channels",
    promote: "Promote",
    both: "Ask both releases",
  },
};
