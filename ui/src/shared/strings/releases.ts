// The words of a release: how fresh it is, how it is updated, what changed with it.
import type { Freshness, Knowledge, Since, SyncProgress, SyncReport, SyncStep } from "../../backend/backend";
import { ago, dayOf, duration, plural, size } from "./format";

export const releases = {
  knowledge: "Knowledge",
  releaseNumber: (n: number) => `release ${n}`,
  /** Its number, where it comes from a store, and the day on which it was made. */
  releaseOf: (n: number | null, madeAt: string) =>
    `${n === null ? "release" : releases.releaseNumber(n)} of ${dayOf(madeAt)}`,
  earlierRelease: "an earlier release",
  openKnowledge: "What this release is, and whether there is a newer one",
  barRelease: (k: Knowledge, madeAt: string, updating: boolean) => {
    const checked = releases.checked(k.checked_at);
    const last = updating
      ? releases.updating
      : k.freshness === "too_stale"
        ? `too old, ${checked}`
        : k.problem
          ? `${checked}, last try failed`
          : checked;
    const channel = k.channel.length > 20 ? `${k.channel.slice(0, 19)}…` : k.channel;
    return `${releases.releaseNumber(k.number)} · ${channel} · ${dayOf(madeAt)} · ${last}`;
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
    `${k.freshness === "too_stale" ? "Too old to answer from" : "Getting old"}: ${releases.checked(k.checked_at)}.`,
  sinceAnswer: (state: Since["state"], titles: string[]) => {
    const shown = titles.slice(0, 3).map((t) => `“${t}”`);
    const more = titles.length - shown.length;
    const list = `${shown.join(", ")}${more > 0 ? ` and ${more.toLocaleString("en")} more` : ""}`;
    const became = { withdrawn: "Withdrawn", expired: "Ran out", changed: "Changed" }[state];
    return `${became} since this answer: ${list}.`;
  },
  withdrawn: "withdrawn",
  withdrawnWhy: "Withdrawn: this document is no longer in the knowledge.",
  withdrawnOpen: "Withdrawn: this document is no longer in the knowledge. Below is its last text.",
  changedWhere: "Changed since this answer.",
  changedElsewhere: "Changed since this answer; what was cited reads the same.",
  changedOpen: "An update just changed this document. Read it again before you go on.",
  asCited: "As it was found for this answer",
  asNow: "As it is now",
};
