// The right column: the source of the sentence in focus, its bytes lit up, and what else was found.
import { useQuery } from "@tanstack/react-query";
import type { Citation, Document, Passage } from "../backend/backend";
import { useBackend } from "../backend/context";
import { day, strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { DocumentText, type Range } from "./markdown";

export type Shown = { document: string; headings: string[]; range: Range | null };

export const shownPassage = (p: Passage): Shown => ({
  document: p.document,
  headings: p.heading_path,
  range: { start: p.start, end: p.end },
});

export const shownCitation = (c: Citation, passages: Passage[]): Shown => ({
  document: c.document,
  headings: passages.find((p) => p.id === c.passage)?.heading_path ?? [],
  range: { start: c.start, end: c.end },
});

/** When a document is in force, in words. */
export function inForce(d: Pick<Document, "effective_from" | "effective_to">): string {
  if (d.effective_from && d.effective_to) return strings.fromTo(day(d.effective_from), day(d.effective_to));
  if (d.effective_from) return strings.since(day(d.effective_from));
  if (d.effective_to) return strings.until(day(d.effective_to));
  return strings.always;
}

/** What a reader must know before using a document that is not in force today. */
export function notInForce(d: Pick<Document, "effective_from" | "effective_to">, today: string): string | null {
  if (d.effective_from && d.effective_from > today) return strings.notYet(day(d.effective_from));
  if (d.effective_to && d.effective_to < today) return strings.expired(day(d.effective_to));
  return null;
}

type Fail = (e: unknown) => void;

export function DocumentHead({ document, today, fail }: { document: Document; today: string; fail: Fail }) {
  const backend = useBackend();
  const warning = notInForce(document, today);
  return (
    <header className="border-b border-line px-5 pt-[18px] pb-3">
      <h2 className="mb-1.5 text-[15px] leading-[1.35] font-semibold">{document.title}</h2>
      <div className="flex flex-wrap gap-x-3.5 gap-y-1 text-[12px] text-soft">
        <span>{strings.kinds[document.kind]}</span>
        <span>
          {strings.version} <b className="font-medium text-ink">{document.version}</b>
        </span>
        <span>
          {strings.effective} <b className="font-medium text-ink">{inForce(document)}</b>
        </span>
        {document.url && (
          <button
            type="button"
            className="text-accent hover:underline"
            title={document.url}
            onClick={() => backend.openLink(document.url ?? "").catch(fail)}
          >
            {strings.openOriginal}
          </button>
        )}
      </div>
      {warning && (
        <p className="mt-2 rounded-lg bg-warn-bg px-2.5 py-1.5 text-[12.5px] font-medium text-warn">▲ {warning}</p>
      )}
      {document.history && <p className="mt-2 text-[12.5px] text-soft">{document.history}</p>}
    </header>
  );
}

type Props = {
  shown: Shown | null;
  passages: Passage[];
  today: string;
  onChoose: (p: Passage) => void;
  onBrowse: (id: string) => void;
  fail: Fail;
};

export function SourcePanel({ shown, passages, today, onChoose, onBrowse, fail }: Props) {
  const backend = useBackend();
  const { data, error } = useQuery({
    queryKey: ["document", shown?.document],
    queryFn: () => backend.document(shown?.document ?? ""),
    enabled: shown !== null,
  });
  if (!shown) return <p className="m-auto max-w-[230px] text-center text-[13px] text-faint">{strings.chooseSource}</p>;
  if (error)
    return (
      <p className="m-auto max-w-[260px] text-center text-[13px] text-warn">
        {(error as { message?: string }).message}
      </p>
    );
  const others = passages.filter((p) => p.document !== shown.document);
  const first = new Map(others.map((p) => [p.document, p] as const).reverse());
  return (
    <>
      {data && <DocumentHead document={data} today={today} fail={fail} />}
      <section
        tabIndex={0}
        aria-label={data?.title ?? strings.sourcePanel}
        className="min-h-0 flex-1 overflow-auto px-5 py-3.5"
      >
        {shown.headings.length > 0 && <p className="mb-1.5 text-[12px] text-faint">{shown.headings.join(" › ")}</p>}
        {data && <DocumentText body={data.body} range={shown.range} fail={fail} />}
        {data && (
          <button
            type="button"
            className="mt-1 text-[12.5px] text-accent hover:underline"
            onClick={() => onBrowse(data.id)}
          >
            {strings.openInBrowse}
          </button>
        )}
      </section>
      {first.size > 0 && (
        <footer className="max-h-[34%] overflow-auto border-t border-line px-5 py-3">
          <h3 className="pb-1.5 text-[11px] font-semibold text-faint">{strings.alsoFound}</h3>
          {[...first.values()].reverse().map((p) => (
            <button
              type="button"
              key={p.id}
              onClick={() => onChoose(p)}
              className="flex w-full justify-between gap-2.5 rounded px-1 py-1 text-left text-[13px] text-soft hover:text-ink"
            >
              <span className="truncate">{p.title}</span>
              <span className={cx("text-[12px] whitespace-nowrap text-faint")}>
                {p.score >= 0.5 ? strings.strong : strings.weak}
              </span>
            </button>
          ))}
        </footer>
      )}
    </>
  );
}
