// The kinds and tags in the left column.
import { useMemo } from "react";
import type { DocumentRow, Kind } from "../backend/backend";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { useDocuments } from "./documents";
import { useFilter } from "./filter";

const KINDS: Kind[] = ["qa", "sop", "article", "code"];

/** How many documents there are of each kind, and of each tag within the chosen kind. */
function counted(documents: DocumentRow[], kind: Kind | null) {
  const kinds = new Map<Kind, number>();
  const tags = new Map<string, number>();
  for (const d of documents) {
    kinds.set(d.kind, (kinds.get(d.kind) ?? 0) + 1);
    if (kind === null || kind === d.kind) for (const t of d.tags) tags.set(t, (tags.get(t) ?? 0) + 1);
  }
  return { kinds, tags: [...tags].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])) };
}

export function Facets() {
  const { data } = useDocuments();
  const { filter, setFilter } = useFilter();
  const { kind, tag } = filter;
  const counts = useMemo(() => counted(data ?? [], kind), [data, kind]);
  return (
    <div className="my-3 min-h-0 flex-1 overflow-auto tight:hidden">
      <Row
        words={strings.allKinds}
        count={data?.length ?? 0}
        on={kind === null && tag === null}
        onChoose={() => setFilter({ ...filter, kind: null, tag: null, lent: false })}
      />
      {KINDS.filter((k) => counts.kinds.has(k)).map((k) => (
        <Row
          key={k}
          words={strings.kindsMany[k]}
          count={counts.kinds.get(k) ?? 0}
          on={kind === k}
          onChoose={() => setFilter({ ...filter, kind: kind === k ? null : k, tag: null, lent: false })}
        />
      ))}
      <h2 className="px-2 pt-3 pb-1 text-[11px] font-semibold text-faint">{strings.tags}</h2>
      {counts.tags.map(([t, n]) => (
        <Row
          key={t}
          words={t}
          count={n}
          on={tag === t}
          onChoose={() => setFilter({ ...filter, tag: tag === t ? null : t })}
        />
      ))}
    </div>
  );
}

type RowProps = { words: string; count: number; on: boolean; onChoose: () => void };

function Row({ words, count, on, onChoose }: RowProps) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={onChoose}
      className={cx(
        "flex w-full justify-between gap-2 rounded-md px-2 py-1 text-left text-[13px]",
        on ? "bg-accent-bg font-semibold text-accent" : "text-soft hover:text-ink",
      )}
    >
      <span className="truncate">{words}</span>
      <span className="text-[12px] text-faint">{count}</span>
    </button>
  );
}
