// What Browse shows: which documents, which of them is read, and where in it.
import { type ReactNode, useMemo, useState } from "react";
import type { Kind } from "../backend/backend";
import { useFields, useNavigation } from "../session/navigation";
import { useLatest } from "../shared/latest";
import { provided } from "../shared/provided";
import type { Range } from "../sources/markdown";

export type Filter = {
  kind: Kind | null;
  tag: string | null;
  /** The kind was set from elsewhere, for what is looked at now: the next search is over all documents again. */
  lent: boolean;
  typed: string;
  document: string | null;
  /** What was cited of it, or else by which words it was found. */
  place: Range | null;
  sought: string;
};

export const EVERYTHING: Filter = {
  kind: null,
  tag: null,
  lent: false,
  typed: "",
  document: null,
  place: null,
  sought: "",
};

type Filtering = {
  filter: Filter;
  setFilter: (next: Filter) => void;
  type: (words: string) => void;
  /** A document of the list is read, where it has the words that were typed. */
  choose: (document: string) => void;
};

/** Made once: who only goes there is not drawn when something else is typed. */
type Browsing = {
  /** To one document, at what was cited of it. The search stays as it was. */
  read: (document: string, place: Range | null) => void;
  /** To all documents of a kind; where Browse shows just them, to what was looked at there. */
  browse: (kind: Kind) => void;
  /** The document that is read there. */
  reading: () => string | null;
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
      read(document, place) {
        setFilter((before) => ({ ...before, document, place, sought: "" }));
        go("browse");
      },
      browse(kind) {
        setFilter((before) => (before.kind === kind ? before : { ...before, kind, lent: true, tag: null, typed: "" }));
        go("browse");
      },
      reading: () => now.current.document,
      back() {
        if (document.activeElement !== find.current) find.current?.focus();
        else if (now.current.typed !== "") setFilter((before) => ({ ...before, typed: "" }));
        else go("ask");
      },
    }),
    [go, find, now],
  );
  const filtering = useMemo<Filtering>(
    () => ({
      filter,
      setFilter,
      type: (typed) => {
        const anew = filter.lent && filter.typed === "" && typed !== "";
        setFilter({ ...filter, typed, ...(anew && { kind: null, lent: false }) });
      },
      choose: (document) => setFilter({ ...filter, document, place: null, sought: filter.typed }),
    }),
    [filter],
  );
  return (
    <BrowsingContext value={browsing}>
      <FilterContext value={filtering}>{children}</FilterContext>
    </BrowsingContext>
  );
}
