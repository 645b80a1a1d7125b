// Lines of the list: documents with their labels, and questions that nothing answers.
import type { Gap, Triage, TriageState } from "../backend/backend";
import { strings } from "../shared/strings";

export type View = "open" | "gaps" | "fixed" | "verified" | "not_a_fault";

export type Item = {
  key: string;
  title: string;
  mostly: string;
  counts: string;
  state: TriageState;
  /** The document that it is about; none of a gap. */
  document: string | null;
  labels: string[];
};

const words = strings.triage;

/** What a view shows, those of the most labels first. */
export function itemsOf(triage: Triage | undefined, gaps: Gap[], view: View): Item[] {
  const held = new Set(triage?.rows.map((r) => r.id));
  const open = view === "open" || view === "gaps";
  const unanswered = open ? gaps.filter((g) => g.labels.some((id) => held.has(id))) : [];
  const inGaps = new Set(unanswered.flatMap((g) => g.labels));
  const documents = view === "gaps" ? [] : (triage?.groups ?? []).filter((g) => g.state === view);
  const items: Item[] = documents.flatMap((g) => {
    const labels = g.labels.filter((id) => !inGaps.has(id));
    if (labels.length === 0) return [];
    const first = triage?.rows.find((r) => r.id === labels[0]);
    return {
      key: `${g.state} ${g.about?.document ?? ""}`,
      title: g.about?.title ?? words.nothingAnswers(first?.question ?? ""),
      mostly: g.reasons[0] ? words.reasons[g.reasons[0][0]] : "",
      counts: words.badAndGood(labels.length, g.good),
      state: g.state,
      document: g.about?.document ?? null,
      labels,
    };
  });
  const asked: Item[] = unanswered.map((g) => ({
    key: `gap ${g.labels[0]}`,
    title: words.nothingAnswers(g.question),
    mostly: words.reasons.covered,
    counts: words.asked(g.asked),
    state: "open",
    document: null,
    labels: g.labels,
  }));
  return [...items, ...asked].sort((a, b) => b.labels.length - a.labels.length);
}
