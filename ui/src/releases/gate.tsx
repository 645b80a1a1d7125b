// What speaks against it: four figures, and each reason in a line.
import type { ReactNode } from "react";
import type { Weighed } from "../backend/backend";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { useReviewing } from "./reviewing";
import { reviewed } from "./rows";

const words = strings.reviewing;

/** So many reasons are shown before somebody asks for the rest. */
const SHOWN = 3;

export function Gate({ weighed, reviewers }: { weighed: Weighed; reviewers: number }) {
  const { rows } = useReviewing();
  const { comparison, reasons, review, difference } = weighed;
  if (!comparison) return null;
  const looked = reviewed(rows, review);
  const rules = comparison.broken.length + difference.codes_lost.length;
  const figure = (n: number) => n.toFixed(3).replace(/^0/, "");
  const { a, b } = comparison.mrr;
  return (
    <section aria-label={words.against(reasons.length)} className="mb-4">
      <dl className="grid grid-cols-4 divide-x divide-line rounded-xl border border-line bg-panel tight:grid-cols-2">
        <Figure name={words.figures.rules} bad={rules > 0}>
          {rules}
        </Figure>
        <Figure name={words.figures.reviewed} bad={looked.done < looked.of}>
          {words.of(looked.done, looked.of)}
        </Figure>
        <Figure name={words.figures.ranking} bad={comparison.mrr.high < 0}>
          {figure(a)} → {figure(b)}
        </Figure>
        <Figure name={words.figures.reviewers} bad={looked.people < reviewers}>
          {reviewers > 0 ? words.of(looked.people, reviewers) : looked.people}
        </Figure>
      </dl>
      {reasons.length === 0 ? (
        <p className="mt-2 text-[13px] font-medium text-accent">✓ {words.nothingAgainst}</p>
      ) : (
        <details open={reasons.length <= SHOWN} className="mt-2 text-[13px] text-bad">
          <summary className="w-fit rounded font-medium">▲ {words.against(reasons.length)}</summary>
          <Reasons of={reasons} />
        </details>
      )}
    </section>
  );
}

export function Reasons({ of }: { of: string[] }) {
  return (
    <ul className="mt-1 max-h-40 list-disc overflow-auto pl-5 text-[12.5px] break-words">
      {of.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}

function Figure({ name, bad, children }: { name: string; bad: boolean; children: ReactNode }) {
  return (
    <div className="flex flex-col-reverse justify-end px-4 py-2.5">
      <dt className="text-[12px] text-faint">{name}</dt>
      <dd className={cx("text-[16px] font-semibold tabular-nums", bad && "text-warn")}>
        {bad && <span className="sr-only">▲ </span>}
        {children}
      </dd>
    </div>
  );
}
