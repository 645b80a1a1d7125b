// The right column: the source of the sentence in focus, its bytes lit up, and what else was found.
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { asError, type Citation, type Document, type Passage } from "../backend/backend";
import { useBackend } from "../backend/context";
import type { SinceAnswer } from "../releases/since";
import { day, strings } from "../shared/strings";
import { DocumentText, type Range } from "./markdown";
import { located, within } from "./place";

/** With the passage as it was found: the document may be another, or gone, by now. */
export type Shown = { document: string; headings: string[]; range: Range | null; passage: Passage | null };

export const shownPassage = (p: Passage): Shown => ({
  document: p.document,
  headings: p.heading_path,
  range: { start: p.start, end: p.end },
  passage: p,
});

export const shownCitation = (c: Citation, passages: Passage[]): Shown => {
  const passage = passages.find((p) => p.id === c.passage) ?? null;
  return {
    document: c.document,
    headings: passage?.heading_path ?? [],
    range: { start: c.start, end: c.end },
    passage,
  };
};

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
  since: SinceAnswer;
  passages: Passage[];
  today: string;
  onChoose: (p: Passage) => void;
  onBrowse: (id: string) => void;
  fail: Fail;
};

export function SourcePanel({ shown, since, passages, today, onChoose, onBrowse, fail }: Props) {
  const backend = useBackend();
  const { data: read, error } = useQuery({
    queryKey: ["document", shown?.document],
    queryFn: () => backend.document(shown?.document ?? ""),
    enabled: shown !== null,
  });
  // What comes from the program would be drawn at once, before the answer's words.
  const late = useDeferredValue(read);
  const data = late?.id === shown?.document ? late : undefined;
  if (!shown) return <p className="m-auto max-w-[230px] text-center text-[13px] text-faint">{strings.chooseSource}</p>;
  const state = since.get(shown.document);
  const gone = state === "withdrawn" || (error !== null && asError(error).code === "no_document");
  if (error && !gone)
    return <p className="m-auto max-w-[260px] text-center text-[13px] text-warn">{asError(error).message}</p>;
  const others = passages.filter((p) => p.document !== shown.document);
  const first = new Map(others.map((p) => [p.document, p] as const).reverse());
  return (
    <>
      {gone ? (
        <Withdrawn shown={shown} fail={fail} />
      ) : data ? (
        <Present document={data} shown={shown} state={state} today={today} onBrowse={onBrowse} fail={fail} />
      ) : (
        <div className="flex-1" />
      )}
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
              {since.get(p.document) === "withdrawn" ? (
                <span className="text-[12px] font-medium whitespace-nowrap text-warn">▲ {strings.withdrawn}</span>
              ) : (
                <span className="text-[12px] whitespace-nowrap text-faint">
                  {p.carries ? strings.strong : strings.weak}
                </span>
              )}
            </button>
          ))}
        </footer>
      )}
    </>
  );
}

const Headings = ({ of }: { of: string[] }) =>
  of.length > 0 && <p className="mb-1.5 text-[12px] text-faint">{of.join(" › ")}</p>;

const Part = ({ words }: { words: string }) => <h3 className="mb-1.5 text-[11px] font-semibold text-faint">{words}</h3>;

type PresentProps = {
  document: Document;
  shown: Shown;
  state: "changed" | undefined;
  today: string;
  onBrowse: (id: string) => void;
  fail: Fail;
};

function Present({ document, shown, state, today, onBrowse, fail }: PresentProps) {
  const { passage } = shown;
  // In a changed document the range may be anything: what was cited is looked for, and else shown as it was.
  const changed = state === "changed" && passage ? passage : null;
  const place = changed ? located(document.body, changed, shown.range ?? changed) : shown.range;
  const cited = place ? null : changed;
  return (
    <>
      <DocumentHead document={document} today={today} fail={fail} />
      <section tabIndex={0} aria-label={document.title} className="min-h-0 flex-1 overflow-auto px-5 py-3.5">
        {changed && (
          <p className="mb-3 text-[12.5px] font-medium text-warn">
            ▲ {cited ? strings.changedWhere : strings.changedElsewhere}
          </p>
        )}
        {cited && (
          <>
            <Part words={strings.asCited} />
            <div className="mb-3.5 border-l-2 border-line pl-3">
              <Headings of={shown.headings} />
              <DocumentText body={cited.text} range={shown.range && within(cited, shown.range)} fail={fail} />
            </div>
            <Part words={strings.asNow} />
          </>
        )}
        {!cited && <Headings of={shown.headings} />}
        <DocumentText body={document.body} range={shown.range && place} fail={fail} />
        <button
          type="button"
          className="mt-1 text-[12.5px] text-accent hover:underline"
          onClick={() => onBrowse(document.id)}
        >
          {strings.openInBrowse}
        </button>
      </section>
    </>
  );
}

function Withdrawn({ shown, fail }: { shown: Shown; fail: Fail }) {
  const { passage } = shown;
  if (!passage)
    return <p className="m-auto max-w-[260px] text-center text-[13px] text-warn">▲ {strings.withdrawnWhy}</p>;
  return (
    <>
      <header className="border-b border-line px-5 pt-[18px] pb-3">
        <h2 className="mb-1.5 text-[15px] leading-[1.35] font-semibold">{passage.title}</h2>
        <div className="flex flex-wrap gap-x-3.5 gap-y-1 text-[12px] text-soft">
          <span>{strings.kinds[passage.kind]}</span>
          <span>
            {strings.version} <b className="font-medium text-ink">{passage.version}</b>
          </span>
        </div>
        <p className="mt-2 rounded-lg bg-warn-bg px-2.5 py-1.5 text-[12.5px] font-medium text-warn">
          ▲ {strings.withdrawnWhy}
        </p>
      </header>
      <section tabIndex={0} aria-label={passage.title} className="min-h-0 flex-1 overflow-auto px-5 py-3.5">
        <Part words={strings.asCited} />
        <Headings of={shown.headings} />
        <DocumentText body={passage.text} range={shown.range && within(passage, shown.range)} fail={fail} />
      </section>
    </>
  );
}
