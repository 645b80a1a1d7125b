// The documents that were found, and the field that finds them: the keys go from one to the other.
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useLayoutEffect, useRef } from "react";
import { asError, type DocumentRow } from "../backend/backend";
import { useFields, useNavigation } from "../session/navigation";
import { useBest } from "../shared/best";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { strings } from "../shared/strings";
import { Button, Kbd } from "../shared/ui";
import { useFound } from "./documents";
import { EVERYTHING, useFilter } from "./filter";
import { Row } from "./row";

export function DocumentList() {
  const { filter, setFilter, choose } = useFilter();
  const { rows, error, loading, settled } = useFound(filter);
  const scroll = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 46,
    overscan: 12,
    initialRect: { width: 400, height: 600 },
  });
  const chosen = rows.findIndex((d) => d.id === filter.document);
  const move = (by: number) => {
    const next = chosen < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(chosen + by, 0), rows.length - 1);
    const row = rows[next];
    if (!row) return;
    choose(row.id);
    list.scrollToIndex(next);
  };
  const enter = useBest(filter.typed, settled, () => {
    const best = rows[0];
    if (!best) return;
    choose(best.id);
    list.scrollToIndex(0);
  });
  return (
    <>
      <h1 className="sr-only">{strings.browse}</h1>
      <div className="flex items-center gap-2 px-5 pt-4 pb-2 text-[12.5px] text-faint">
        <p aria-live="polite">{loading ? strings.searching : strings.documents(rows.length)}</p>
        <Narrowed />
      </div>
      {error ? (
        <div className="px-5 text-warn" role="alert">
          <Told of={plainError(asError(error), strings.didNotWork)} />
        </div>
      ) : !loading && rows.length === 0 ? (
        <div className="m-auto text-center text-faint">
          <p className="mb-3">{strings.nothingFound}</p>
          <Button onClick={() => setFilter({ ...EVERYTHING, document: filter.document })}>{strings.clearSearch}</Button>
        </div>
      ) : (
        <Rows rows={rows} list={list} scroll={scroll} chosen={chosen} onMove={move} />
      )}
      <FindField onMove={move} onEnter={() => (chosen < 0 || filter.sought !== filter.typed) && enter()} />
    </>
  );
}

type RowsProps = {
  rows: DocumentRow[];
  list: Virtualizer<HTMLDivElement, Element>;
  scroll: RefObject<HTMLDivElement | null>;
  chosen: number;
  onMove: (by: number) => void;
};

const BY: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function Rows({ rows, list, scroll, chosen, onMove }: RowsProps) {
  return (
    <div
      ref={scroll}
      role="listbox"
      aria-label={strings.documentList}
      tabIndex={0}
      aria-activedescendant={chosen >= 0 ? `row-${chosen}` : undefined}
      onKeyDown={(e) => {
        const by = BY[e.key];
        if (by === undefined) return;
        e.preventDefault();
        onMove(by);
      }}
      className="min-h-0 flex-1 overflow-auto px-3 outline-none focus-visible:[&_[aria-selected=true]]:outline-2 focus-visible:[&_[aria-selected=true]]:outline-accent"
    >
      <div style={{ height: list.getTotalSize(), position: "relative" }} role="presentation">
        {list.getVirtualItems().map((item) => {
          const document = rows[item.index];
          if (!document) return null;
          return (
            <Row
              key={document.id}
              document={document}
              place={item}
              chosen={item.index === chosen}
              count={rows.length}
            />
          );
        })}
      </div>
    </div>
  );
}

/** What the documents are narrowed to, where they are: the way out of it is here, too. */
function Narrowed() {
  const { filter, setFilter } = useFilter();
  const { kind, tag } = filter;
  if (!kind && !tag) return null;
  const words = [kind && strings.kindsMany[kind], tag].filter(Boolean).join(" · ");
  return (
    <button
      type="button"
      aria-label={strings.onlyThese(words)}
      onClick={() => setFilter({ ...filter, kind: null, tag: null, lent: false })}
      className="rounded-md bg-accent-bg px-2 font-medium text-accent hover:underline"
    >
      {words} <span aria-hidden>✕</span>
    </button>
  );
}

type FieldProps = { onMove: (by: number) => void; onEnter: () => void };

function FindField({ onMove, onEnter }: FieldProps) {
  const { find } = useFields();
  const { screen } = useNavigation();
  useLayoutEffect(() => {
    if (screen === "browse") find.current?.focus();
  }, [screen, find]);
  const { filter, type } = useFilter();
  return (
    <div className="px-5 pt-3 pb-[18px]">
      <div className="flex items-center gap-2.5 rounded-xl border border-line bg-panel px-3.5 py-2.5 shadow-xs focus-within:border-accent">
        <input
          ref={find}
          type="search"
          aria-label={strings.find}
          aria-keyshortcuts="/"
          placeholder={strings.findPlaceholder}
          value={filter.typed}
          onChange={(e) => type(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown" || e.key === "ArrowUp") {
              e.preventDefault();
              onMove(e.key === "ArrowDown" ? 1 : -1);
            }
            if (e.key === "Enter") onEnter();
          }}
          className="min-w-0 flex-1 bg-transparent outline-none [&::-webkit-search-cancel-button]:hidden"
        />
        <Kbd keys="/" hint />
      </div>
    </div>
  );
}
