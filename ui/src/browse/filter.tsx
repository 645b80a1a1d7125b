// What Browse shows: which documents, and which of them is read.
import { type ReactNode, useMemo, useState } from "react";
import type { Kind } from "../backend/backend";
import { useFields, useNavigation } from "../session/navigation";
import { useLatest } from "../shared/latest";
import { provided } from "../shared/provided";

export type Filter = { kind: Kind | null; tag: string | null; typed: string; document: string | null };

export const EVERYTHING: Filter = { kind: null, tag: null, typed: "", document: null };

type Filtering = { filter: Filter; setFilter: (next: Filter) => void };

/** Made once: who only goes there is not drawn when something else is typed. */
type Browsing = {
  /** To all documents of a kind or of any, and to one of them or the one that was read last. */
  browse: (document: string | null, kind: Kind | null) => void;
  /** One step back: to the search, from there to all documents, from there to the question. */
  back: () => void;
};

const [FilterContext, useFilter] = provided<Filtering>("filter");
const [BrowsingContext, useBrowsing] = provided<Browsing>("filter");

export { useBrowsing, useFilter };

export function FilterProvider({ children }: { children: ReactNode }) {
  const { go } = useNavigation();
  const { find } = useFields();
  const [filter, setFilter] = useState(EVERYTHING);
  const now = useLatest(filter);
  const browsing = useMemo<Browsing>(
    () => ({
      browse(document, kind) {
        setFilter((before) => ({ ...EVERYTHING, kind, document: document ?? before.document }));
        go("browse");
      },
      back() {
        if (document.activeElement !== find.current) find.current?.focus();
        else if (now.current.typed !== "") setFilter((before) => ({ ...before, typed: "" }));
        else go("ask");
      },
    }),
    [go, find, now],
  );
  const filtering = useMemo(() => ({ filter, setFilter }), [filter]);
  return (
    <BrowsingContext value={browsing}>
      <FilterContext value={filtering}>{children}</FilterContext>
    </BrowsingContext>
  );
}
