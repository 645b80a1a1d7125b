// What Browse shows: which documents, and which of them is read.
import { type ReactNode, useCallback, useMemo, useState } from "react";
import type { Kind } from "../backend/backend";
import { useNavigation } from "../session/navigation";
import { provided } from "../shared/provided";

export type Filter = { kind: Kind | null; tag: string | null; typed: string; document: string | null };

export const EVERYTHING: Filter = { kind: null, tag: null, typed: "", document: null };

type Filtering = { filter: Filter; setFilter: (next: Filter) => void };

/** Goes to Browse: to all documents of a kind or of any, and to one of them or the one that was read last. */
type Browse = (document: string | null, kind: Kind | null) => void;

const [FilterContext, useFilter] = provided<Filtering>("filter");
const [BrowseContext, useBrowse] = provided<Browse>("filter");

export { useBrowse, useFilter };

export function FilterProvider({ children }: { children: ReactNode }) {
  const { go } = useNavigation();
  const [filter, setFilter] = useState(EVERYTHING);
  const browse = useCallback<Browse>(
    (document, kind) => {
      setFilter((now) => ({ ...EVERYTHING, kind, document: document ?? now.document }));
      go("browse");
    },
    [go],
  );
  const filtering = useMemo(() => ({ filter, setFilter }), [filter]);
  return (
    <BrowseContext value={browse}>
      <FilterContext value={filtering}>{children}</FilterContext>
    </BrowseContext>
  );
}
