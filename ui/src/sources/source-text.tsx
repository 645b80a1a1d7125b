// The source itself, its bytes lit up: as it is now, as it was found where it has changed, or its last text.
import { memo } from "react";
import type { Document } from "../backend/backend";
import { useBrowsing } from "../browse/filter";
import { strings } from "../shared/strings";
import { DocumentHead } from "./document-head";
import { Findable } from "./finding";
import { DocumentText } from "./markdown";
import { located, within } from "./place";
import type { Shown } from "./shown";

const Headings = ({ of }: { of: string[] }) =>
  of.length > 0 && <p className="mb-1.5 text-[12px] text-faint">{of.join(" › ")}</p>;

const Part = ({ words }: { words: string }) => <h3 className="mb-1.5 text-[11px] font-semibold text-faint">{words}</h3>;

type PresentProps = { document: Document; shown: Shown; state: "changed" | "expired" | undefined };

/** A long document: drawn only when it is another one, or another place in it. */
export const Present = memo(function Present({ document, shown, state }: PresentProps) {
  const { read } = useBrowsing();
  const { passage } = shown;
  // In a changed document the range may be anything: what was cited is looked for, and else shown as it was.
  const changed = state === "changed" && passage ? passage : null;
  const place = changed ? located(document.body, changed, shown.range ?? changed) : shown.range;
  const cited = place ? null : changed;
  return (
    <>
      <DocumentHead document={document} page={passage?.page} />
      <Findable key={document.id} screen="ask" label={document.title}>
        {(finding) => (
          <>
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
                  <DocumentText body={cited.text} range={shown.range && within(cited, shown.range)} />
                </div>
                <Part words={strings.asNow} />
              </>
            )}
            {!cited && <Headings of={shown.headings} />}
            <DocumentText body={document.body} range={shown.range && place} finding={finding} />
            <button
              type="button"
              className="mt-1 text-[12.5px] text-accent hover:underline print:hidden"
              onClick={() => read(document.id, place)}
            >
              {strings.openInBrowse}
            </button>
          </>
        )}
      </Findable>
    </>
  );
});

export function Withdrawn({ shown }: { shown: Shown }) {
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
      <Findable key={passage.id} screen="ask" label={passage.title}>
        {(finding) => (
          <>
            <Part words={strings.asCited} />
            <Headings of={shown.headings} />
            <DocumentText body={passage.text} range={shown.range && within(passage, shown.range)} finding={finding} />
          </>
        )}
      </Findable>
    </>
  );
}
