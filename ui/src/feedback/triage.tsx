// What operators found: read, narrowed, one looked at, decided. For the page, the keys and the left column.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import {
  type AskedAgain,
  asError,
  type Decide,
  type DeskError,
  type Pulled,
  type Triage,
  type TriageFilter,
} from "../backend/backend";
import { useBackend } from "../backend/context";
import { useNavigation } from "../session/navigation";
import { provided } from "../shared/provided";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import { type Item, itemsOf, type View } from "./items";

export const EVERYTHING: TriageFilter = {
  reason: null,
  document: null,
  release: null,
  operator: null,
  since: null,
  state: null,
};

type Found = {
  view: View;
  setView: (view: View) => void;
  filter: TriageFilter;
  setFilter: (filter: TriageFilter) => void;
  /** All labels, whatever they are narrowed to. */
  all: Triage | undefined;
  counts: Record<View, number>;
  items: Item[];
  chosen: Item | null;
  choose: (item: Item) => void;
  /** Which label of it is shown. */
  label: number;
  loading: boolean;
  failed: DeskError | null;
  /** Why nothing new could be read, and what was read last. */
  offline: DeskError | null;
  pulled: Pulled | undefined;
  /** What became of questions that were asked again, by label. */
  again: Record<string, AskedAgain>;
  asking: boolean;
  move: (by: number) => void;
  moveLabel: (by: number) => void;
  pull: () => void;
  askAgain: () => void;
  reopen: () => void;
  decide: (decide: Decide) => Promise<void>;
};

const [TriageContext, useTriage] = provided<Found>("triage");

export { useTriage };

export function TriageProvider({ children }: { children: ReactNode }) {
  const backend = useBackend();
  const client = useQueryClient();
  const { screen } = useNavigation();
  const { warn } = useSaid();
  const enabled = screen === "feedback";
  const [view, setView] = useState<View>("open");
  const [filter, setFilter] = useState(EVERYTHING);
  const [key, setKey] = useState<string | null>(null);
  const [label, setLabel] = useState(0);
  const [again, setAgain] = useState<Record<string, AskedAgain>>({});
  const [asking, setAsking] = useState(false);
  const pulled = useQuery({ queryKey: ["pulled"], queryFn: () => backend.pullLabels(), enabled });
  // What was read before is shown meanwhile, and once more when more has come.
  const read = pulled.dataUpdatedAt;
  const all = useQuery({ queryKey: ["triage", EVERYTHING, read], queryFn: () => backend.triage(EVERYTHING), enabled });
  const found = useQuery({
    queryKey: ["triage", filter, read],
    queryFn: () => backend.triage(filter),
    enabled,
    placeholderData: (before) => before,
  });
  const gaps = useQuery({ queryKey: ["gaps", read], queryFn: () => backend.gaps(), enabled });
  const narrowed = found.data;
  const items = useMemo(() => itemsOf(narrowed, gaps.data ?? [], view), [narrowed, gaps.data, view]);
  const counts = useMemo(() => {
    const count = (of: View) => itemsOf(narrowed, gaps.data ?? [], of).length;
    return {
      open: count("open"),
      gaps: count("gaps"),
      fixed: count("fixed"),
      verified: count("verified"),
      not_a_fault: count("not_a_fault"),
    };
  }, [narrowed, gaps.data]);
  const chosen = items.find((i) => i.key === key) ?? items[0] ?? null;
  const reread = async () => {
    await Promise.all(["triage", "gaps", "label"].map((of) => client.invalidateQueries({ queryKey: [of] })));
  };
  const choose = (item: Item) => {
    setKey(item.key);
    setLabel(0);
  };
  const move = (by: number) => {
    const at = items.findIndex((i) => i.key === chosen?.key);
    const next = items[Math.min(Math.max(at + by, 0), items.length - 1)];
    if (next) choose(next);
  };
  const moveLabel = (by: number) => {
    const last = (chosen?.labels.length ?? 1) - 1;
    setLabel((now) => Math.min(Math.max(now + by, 0), last));
  };
  const decide = async (decide: Decide) => {
    if (!chosen) return;
    try {
      await backend.decide(chosen.labels, decide);
      setLabel(0);
    } catch (e) {
      warn(asError(e).message);
    }
    await reread();
  };
  const askAgain = async () => {
    if (!chosen || asking) return;
    setAsking(true);
    try {
      await backend.verifyLabels(chosen.labels, (a) => setAgain((now) => ({ ...now, [a.label]: a })));
    } catch (e) {
      warn(asError(e).message);
    }
    setAsking(false);
    await reread();
  };
  const failed = all.error ?? found.error ?? gaps.error;
  const value: Found = {
    view,
    setView,
    filter,
    setFilter,
    all: all.data,
    counts,
    items,
    chosen,
    choose,
    label: Math.min(label, (chosen?.labels.length ?? 1) - 1),
    loading: pulled.isPending || found.isPending || gaps.isPending,
    failed: failed ? asError(failed) : null,
    offline: pulled.error ? asError(pulled.error) : null,
    pulled: pulled.data,
    again,
    asking,
    move,
    moveLabel,
    pull: () => {
      pulled.refetch().then(({ data }) => data && warn(strings.triage.pulled(data.labels, data.decisions)));
    },
    askAgain,
    reopen: () => decide({ step: "reopen" }),
    decide,
  };
  return <TriageContext value={value}>{children}</TriageContext>;
}
