// Browse: every document offline, by kind and tag, found as one types, read like a page.
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { asError, type Document, type DocumentRow, type Kind } from "../backend/backend";
import { useBackend } from "../backend/context";
import { strings } from "../shared/strings";
import { Button, cx, Kbd } from "../shared/ui";
import { DocumentText } from "../sources/markdown";
import { DocumentHead, notInForce } from "../sources/source-panel";

export type Filter = { kind: Kind | null; tag: string | null; typed: string; document: string | null };
export const EVERYTHING: Filter = { kind: null, tag: null, typed: "", document: null };

const KINDS: Kind[] = ["qa", "sop", "article", "code"];

export function useDocuments() {
  const backend = useBackend();
  return useQuery({ queryKey: ["documents"], queryFn: () => backend.documents(), staleTime: Number.POSITIVE_INFINITY });
}

/** The kinds and tags in the left column. */
export function Facets({ filter, onFilter }: { filter: Filter; onFilter: (f: Filter) => void }) {
  const { data } = useDocuments();
  const counts = useMemo(() => {
    const kinds = new Map<Kind, number>();
    const tags = new Map<string, number>();
    for (const d of data ?? []) {
      kinds.set(d.kind, (kinds.get(d.kind) ?? 0) + 1);
      if (filter.kind === null || filter.kind === d.kind) for (const t of d.tags) tags.set(t, (tags.get(t) ?? 0) + 1);
    }
    return { kinds, tags: [...tags].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])) };
  }, [data, filter.kind]);
  const row = (key: string, words: string, count: number, on: boolean, choose: () => void) => (
    <button
      type="button"
      key={key}
      aria-pressed={on}
      onClick={choose}
      className={cx(
        "flex w-full justify-between gap-2 rounded-md px-2 py-1 text-left text-[13px]",
        on ? "bg-accent-bg font-semibold text-accent" : "text-soft hover:text-ink",
      )}
    >
      <span className="truncate">{words}</span>
      <span className="text-[12px] text-faint">{count}</span>
    </button>
  );
  return (
    <div className="my-3 min-h-0 flex-1 overflow-auto">
      {row("all", strings.allKinds, data?.length ?? 0, filter.kind === null && filter.tag === null, () =>
        onFilter({ ...filter, kind: null, tag: null }),
      )}
      {KINDS.filter((k) => counts.kinds.has(k)).map((k) =>
        row(k, strings.kindsMany[k], counts.kinds.get(k) ?? 0, filter.kind === k, () =>
          onFilter({ ...filter, kind: filter.kind === k ? null : k, tag: null }),
        ),
      )}
      <h2 className="px-2 pt-3 pb-1 text-[11px] font-semibold text-faint">{strings.tags}</h2>
      {counts.tags.map(([t, n]) =>
        row(`#${t}`, t, n, filter.tag === t, () => onFilter({ ...filter, tag: filter.tag === t ? null : t })),
      )}
    </div>
  );
}

type ListProps = {
  filter: Filter;
  onFilter: (f: Filter) => void;
  today: string;
  field: React.RefObject<HTMLInputElement | null>;
};

export function DocumentList({ filter, onFilter, today, field }: ListProps) {
  const backend = useBackend();
  const typed = useDeferredValue(filter.typed.trim() === "" ? "" : filter.typed);
  const all = useDocuments();
  const found = useQuery({
    queryKey: ["find", typed],
    queryFn: () => backend.find(typed),
    enabled: typed !== "",
    placeholderData: (before) => before,
  });
  const error = all.error ?? (typed ? found.error : null);
  const rows = useMemo(() => {
    const base: DocumentRow[] = (typed ? found.data : all.data) ?? [];
    return base.filter(
      (d) => (filter.kind === null || d.kind === filter.kind) && (filter.tag === null || d.tags.includes(filter.tag)),
    );
  }, [typed, found.data, all.data, filter.kind, filter.tag]);

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
    onFilter({ ...filter, document: row.id });
    list.scrollToIndex(next);
  };
  const loading = all.isPending || (typed !== "" && found.isPending);
  return (
    <>
      <h1 className="sr-only">{strings.browse}</h1>
      <p className="px-5 pt-4 pb-2 text-[12.5px] text-faint" aria-live="polite">
        {loading ? strings.searching : strings.documents(rows.length)}
      </p>
      {error ? (
        <p className="px-5 text-warn" role="alert">
          {(error as { message?: string }).message}
        </p>
      ) : !loading && rows.length === 0 ? (
        <div className="m-auto text-center text-faint">
          <p className="mb-3">{strings.nothingFound}</p>
          <Button onClick={() => onFilter({ ...EVERYTHING, document: filter.document })}>{strings.clearSearch}</Button>
        </div>
      ) : (
        <div
          ref={scroll}
          role="listbox"
          aria-label={strings.documentList}
          tabIndex={0}
          aria-activedescendant={chosen >= 0 ? `row-${chosen}` : undefined}
          onKeyDown={(e) => {
            const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[e.key];
            if (by === undefined) return;
            e.preventDefault();
            move(by);
          }}
          className="min-h-0 flex-1 overflow-auto px-3 outline-none focus-visible:[&_[aria-selected=true]]:outline-2 focus-visible:[&_[aria-selected=true]]:outline-accent"
        >
          <div style={{ height: list.getTotalSize(), position: "relative" }} role="presentation">
            {list.getVirtualItems().map((item) => {
              const d = rows[item.index];
              if (!d) return null;
              const warning = notInForce(d, today);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the list box around it has the keys
                // biome-ignore lint/a11y/useFocusableInteractive: the list box around it has the focus
                <div
                  key={d.id}
                  id={`row-${item.index}`}
                  role="option"
                  aria-selected={item.index === chosen}
                  aria-setsize={rows.length}
                  aria-posinset={item.index + 1}
                  onClick={() => onFilter({ ...filter, document: d.id })}
                  style={{ position: "absolute", top: item.start, height: item.size - 2, left: 0, right: 0 }}
                  className={cx(
                    "rounded-lg px-2.5 py-1 leading-[1.4]",
                    item.index === chosen ? "bg-accent-bg" : "hover:bg-panel",
                  )}
                >
                  <span
                    className={cx(
                      "block truncate text-[13.5px]",
                      item.index === chosen ? "font-medium text-ink" : "text-ink",
                    )}
                  >
                    {d.title}
                  </span>
                  <span className="block truncate text-[12px] text-faint">
                    {warning ? <b className="font-medium text-warn">▲ {warning}</b> : strings.kinds[d.kind]}
                    {d.tags.length > 0 && ` · ${d.tags.join(", ")}`}
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      )}
      <div className="px-5 pt-3 pb-[18px]">
        <div className="flex items-center gap-2.5 rounded-xl border border-line bg-panel px-3.5 py-2.5 shadow-xs focus-within:border-accent">
          <input
            ref={field}
            type="search"
            aria-label={strings.find}
            placeholder={strings.findPlaceholder}
            value={filter.typed}
            onChange={(e) => onFilter({ ...filter, typed: e.target.value })}
            onKeyDown={(e) => {
              if (e.key === "ArrowDown" || e.key === "ArrowUp") {
                e.preventDefault();
                move(e.key === "ArrowDown" ? 1 : -1);
              }
              if (e.key === "Enter" && chosen < 0) move(1);
            }}
            className="min-w-0 flex-1 bg-transparent outline-none [&::-webkit-search-cancel-button]:hidden"
          />
          <Kbd keys="/" />
        </div>
      </div>
    </>
  );
}

export function Reader({
  id,
  today,
  onAsk,
  fail,
}: {
  id: string | null;
  today: string;
  onAsk: (question: string) => void;
  fail: (e: unknown) => void;
}) {
  const backend = useBackend();
  const page = useRef<HTMLElement>(null);
  const { data, error } = useQuery({
    queryKey: ["document", id],
    queryFn: () => backend.document(id ?? ""),
    enabled: id !== null,
  });
  const changed = useChanged(data);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another document begins at its top
  useEffect(() => {
    if (page.current) page.current.scrollTop = 0;
  }, [id]);
  if (id === null) return <p className="m-auto text-[13px] text-faint">{strings.chooseDocument}</p>;
  const gone = error !== null && asError(error).code === "no_document";
  if (error && !data)
    return (
      <p className="m-auto max-w-[300px] px-5 text-center text-[13px] text-warn">
        ▲ {gone ? strings.withdrawnWhy : asError(error).message}
      </p>
    );
  if (!data) return null;
  const note = error ? (gone ? strings.withdrawnOpen : asError(error).message) : changed ? strings.changedOpen : null;
  const headings = data.body.split("\n").flatMap((l) => (/^#{1,3} /.test(l) ? [l.replace(/^#+ /, "")] : []));
  const go = (words: string) =>
    [...(page.current?.querySelectorAll("h1,h2,h3") ?? [])]
      .find((h) => h.textContent === words)
      ?.scrollIntoView({ block: "start" });
  return (
    <>
      <DocumentHead document={data} today={today} fail={fail} />
      {note && (
        <p role="status" className="border-b border-line bg-warn-bg px-5 py-2 text-[12.5px] font-medium text-warn">
          ▲ {note}
        </p>
      )}
      {headings.length > 1 && (
        <nav aria-label={strings.onThisPage} className="flex flex-wrap gap-x-3 border-b border-line px-5 py-1.5">
          {headings.map((h) => (
            <button type="button" key={h} className="text-[12.5px] text-accent hover:underline" onClick={() => go(h)}>
              {h}
            </button>
          ))}
        </nav>
      )}
      <section ref={page} tabIndex={0} aria-label={data.title} className="min-h-0 flex-1 overflow-auto px-5 py-3.5">
        <DocumentText key={data.id} body={data.body} steps fail={fail} />
      </section>
      <footer className="border-t border-line px-5 py-2.5">
        <Button onClick={() => onAsk(data.kind === "qa" || data.kind === "code" ? data.title : `${data.title}: `)}>
          {strings.askAbout}
        </Button>
      </footer>
    </>
  );
}

/** Whether the document became another while it is being read. */
function useChanged(document: Document | undefined): boolean {
  const [first, setFirst] = useState(document);
  if (first?.id !== document?.id) setFirst(document);
  return first !== undefined && first.id === document?.id && first.body !== document.body;
}
