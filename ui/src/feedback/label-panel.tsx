// One label: what was asked and written, what the operator made of it, its sources then and today, and what is done.
import { presentableDiff } from "@codemirror/merge";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { asError, type LabelShown, type SourceThen } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useSheets } from "../session/sheets";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import type { Item } from "./items";
import { useTriage } from "./triage";

const words = strings.triage;

export function LabelPanel() {
  const backend = useBackend();
  const { chosen, label } = useTriage();
  const id = chosen?.labels[label];
  const { data, error } = useQuery({
    queryKey: ["label", id],
    queryFn: () => backend.labelShown(id ?? ""),
    enabled: id !== undefined,
  });
  if (!chosen || !id) return <p className="m-auto px-6 text-center text-faint">{words.chooseOne}</p>;
  return (
    <>
      <div className="border-b border-line px-5 pt-4 pb-3">
        <h2 className="text-[15px] leading-[1.35] font-semibold break-words">{chosen.title}</h2>
        <p className="mt-1 text-[12px] text-soft">
          {words.label(label + 1, chosen.labels.length)} · <States item={chosen} shown={data} />
        </p>
      </div>
      {/* Reached by key, so that a long label can be scrolled. */}
      <section
        tabIndex={0}
        aria-label={words.label(label + 1, chosen.labels.length)}
        className="min-h-0 flex-1 overflow-auto"
      >
        {error ? (
          <div role="alert" className="px-5 py-4 text-warn">
            <Told of={plainError(asError(error), strings.didNotWork)} />
          </div>
        ) : data ? (
          <Shown of={data} />
        ) : (
          <p aria-live="polite" className="px-5 py-4 text-faint">
            {words.reading}
          </p>
        )}
      </section>
      <Deciding item={chosen} />
    </>
  );
}

function States({ item, shown }: { item: Item; shown: LabelShown | undefined }) {
  const where = shown?.row.verified_in ?? shown?.row.fixed_in;
  return (
    <b className={cx("font-semibold", item.state === "open" ? "text-warn" : "text-accent")}>
      {words.states[item.state]}
      {where && ` (${where})`}
    </b>
  );
}

function Shown({ of }: { of: LabelShown }) {
  const edited = of.row.edited;
  return (
    <>
      <Pane title={words.askedOf(of.row.release)}>
        <p className="mb-2 text-ink">{of.row.question}</p>
        <p className="whitespace-pre-line">{edited ? <Changed from={of.draft} to={of.text} /> : of.draft}</p>
        <p className="mt-1 text-[12px] text-faint">
          {[...of.row.reasons.map((r) => words.reasons[r]), edited && words.edited].filter(Boolean).join(" · ")}
        </p>
      </Pane>
      {of.note && <Pane title={words.note}>{of.note}</Pane>}
      {of.sources.map((s) => (
        <Source key={s.passage.id} of={s} then={of.row.release} today={of.release} />
      ))}
    </>
  );
}

function Pane({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className="border-b border-line px-5 py-3.5 text-[13.5px] leading-[1.6] text-soft">
      <h3 className="pb-1.5 text-[11px] font-semibold text-faint">{title}</h3>
      {children}
    </div>
  );
}

/** What the operator took out and wrote instead. */
function Changed({ from, to }: { from: string; to: string }) {
  let at = 0;
  const changes = presentableDiff(from, to);
  return (
    <>
      {changes.map((c) => {
        const before = from.slice(at, c.fromA);
        at = c.toA;
        return (
          <Fragment key={c.fromA}>
            {before}
            {c.toA > c.fromA && <del className="text-bad">{from.slice(c.fromA, c.toA)}</del>}
            {c.toB > c.fromB && (
              <ins className="rounded-[3px] bg-accent-bg px-0.5 text-accent no-underline">
                {to.slice(c.fromB, c.toB)}
              </ins>
            )}
          </Fragment>
        );
      })}
      {from.slice(at)}
    </>
  );
}

/** A source as it was and as it is, side by side. */
function Source({ of, then, today }: { of: SourceThen; then: string; today: string }) {
  const { passage, since, now } = of;
  return (
    <div className="border-b border-line px-5 py-3.5 text-[13px] leading-[1.55]">
      <h3 className="pb-1.5 text-[12px] font-semibold text-soft">
        {passage.number} {passage.title}
      </h3>
      <div className="grid grid-cols-2 gap-4">
        <div className="min-w-0">
          <p className="pb-1 text-[11px] font-semibold text-faint">{words.was(then)}</p>
          <p className="break-words whitespace-pre-line text-soft">{passage.text}</p>
        </div>
        <div className="min-w-0">
          <p className="pb-1 text-[11px] font-semibold text-faint">{words.is(today)}</p>
          <p className={cx("break-words whitespace-pre-line", since ? "text-ink" : "text-faint")}>
            {since ? (now ?? words.became[since.state]) : words.same}
          </p>
        </div>
      </div>
    </div>
  );
}

function Deciding({ item }: { item: Item }) {
  const { again, asking, askAgain, reopen } = useTriage();
  const { show } = useSheets();
  const asked = item.labels.flatMap((id) => again[id] ?? []);
  const right = asked.filter((a) => a.not_yet === null).length;
  const wrong = asked.flatMap((a) => a.not_yet ?? []);
  return (
    <div className="border-t border-line px-5 py-3">
      <div aria-live="polite" className="text-[13px] text-soft">
        {asking ? words.asking : asked.length > 0 && words.comeRight(right, asked.length)}
        {[...new Set(wrong.map(words.notYet))].map((why) => (
          <p key={why} className="text-[12.5px] text-warn">
            {why}
          </p>
        ))}
      </div>
      <div className="mt-2 flex flex-wrap gap-2">
        {item.state === "open" && (
          <>
            <Button primary keys="F" onClick={() => show("fixedIn")}>
              {words.fixedIn}
            </Button>
            <Button keys="X" onClick={() => show("notAFault")}>
              {words.notAFault}
            </Button>
          </>
        )}
        {item.state === "fixed" && (
          <Button primary keys="R" disabled={asking} onClick={askAgain}>
            {words.askAgain}
          </Button>
        )}
        {item.state !== "open" && (
          <Button keys="O" onClick={reopen}>
            {words.reopen}
          </Button>
        )}
      </div>
    </div>
  );
}
