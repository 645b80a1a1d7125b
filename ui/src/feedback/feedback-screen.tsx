// Triage: what operators found by document, and beside it one label with its sources then and today.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { DayCount, LabelReason } from "../backend/backend";
import { useFields, useNavigation } from "../session/navigation";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { strings } from "../shared/strings";
import { Button, cx, Kbd } from "../shared/ui";
import type { Item } from "./items";
import { LabelPanel } from "./label-panel";
import { Trend } from "./trend";
import { useTriage } from "./triage";

const words = strings.triage;

/** Made when it is first wanted: nobody's bucket is read before. */
export function FeedbackScreen() {
  const { screen } = useNavigation();
  const shown = screen === "feedback";
  const [made, setMade] = useState(shown);
  if (shown && !made) setMade(true);
  const { found } = useFields();
  const main = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (!shown) return;
    const list = () => main.current?.querySelector<HTMLElement>("[role=listbox]");
    found.current = { focus: () => (list() ?? main.current)?.focus() };
    found.current.focus();
  }, [shown, found]);
  if (!made) return null;
  return (
    <>
      <main
        ref={main}
        tabIndex={-1}
        hidden={!shown}
        aria-label={words.feedback}
        className="outline-none min-h-0 min-w-0 overflow-auto px-8 py-5"
      >
        <Head />
        <Filters />
        <Found />
      </main>
      <aside
        hidden={!shown}
        aria-label={words.panel}
        className="flex min-h-0 min-w-0 flex-col border-l border-line bg-panel"
      >
        <LabelPanel />
      </aside>
    </>
  );
}

function Head() {
  const { all, pulled, offline } = useTriage();
  const sum = (of: (d: DayCount) => number) => all?.days.reduce((n, d) => n + of(d), 0) ?? 0;
  const bad = sum((d) => d.bad);
  return (
    <div className="mb-3 flex items-end gap-4">
      <div className="min-w-0 flex-1">
        <h1 className="text-[19px] font-semibold tracking-[-0.01em]">{words.found}</h1>
        <p className="text-[12.5px] text-faint">{words.counts(bad + sum((d) => d.good), bad)}</p>
        {pulled && pulled.no_labels.length > 0 && (
          <details className="text-[12.5px] text-warn">
            <summary>▲ {words.noLabels(pulled.no_labels.length)}</summary>
            <ul>
              {pulled.no_labels.map((n) => (
                <li key={n.key} className="break-all">
                  {n.key}: {n.why}
                </li>
              ))}
            </ul>
          </details>
        )}
        {offline && (
          <div role="alert" className="mt-1 text-[12.5px] text-warn">
            ▲ {words.offline} <Told of={plainError(offline, strings.didNotWork)} />
          </div>
        )}
      </div>
      {all && <Trend days={all.days} />}
    </div>
  );
}

/** Only what stands among the labels can be chosen. */
function Filters() {
  const { all, filter, setFilter, pull } = useTriage();
  const rows = all?.rows ?? [];
  const distinct = (of: string[]) => [...new Set(of)].filter(Boolean).sort();
  const reasons = distinct(rows.flatMap((r) => r.reasons));
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Choice
        words={words.reason}
        any={words.anyReason}
        value={filter.reason}
        of={reasons.map((r) => [r, words.reasons[r as LabelReason]])}
        onChoose={(reason) => setFilter({ ...filter, reason: reason as LabelReason | null })}
      />
      <Choice
        words={words.release}
        any={words.anyRelease}
        value={filter.release}
        of={distinct(rows.map((r) => r.release)).map((r) => [r, r])}
        onChoose={(release) => setFilter({ ...filter, release })}
      />
      <Choice
        words={words.operator}
        any={words.anyOperator}
        value={filter.operator}
        of={distinct(rows.map((r) => r.operator)).map((o) => [o, o])}
        onChoose={(operator) => setFilter({ ...filter, operator })}
      />
      <Button onClick={pull} keys="mod+R" className="ml-auto">
        {words.look}
      </Button>
    </div>
  );
}

type ChoiceProps = {
  words: string;
  any: string;
  value: string | null;
  of: [string, string][];
  onChoose: (value: string | null) => void;
};

function Choice({ words, any, value, of, onChoose }: ChoiceProps) {
  return (
    <select
      aria-label={words}
      value={value ?? ""}
      onChange={(e) => onChoose(e.target.value || null)}
      className="max-w-36 rounded-lg border border-line bg-panel px-2 py-1 text-[13px] text-soft"
    >
      <option value="">{any}</option>
      {of.map(([value, shown]) => (
        <option key={value} value={value}>
          {shown}
        </option>
      ))}
    </select>
  );
}

const COLUMNS = "grid grid-cols-[minmax(0,1fr)_104px_88px_92px] gap-3.5 px-4 py-2.5 items-baseline";

function Found() {
  const { items, loading, failed, pull } = useTriage();
  if (failed)
    return (
      <div role="alert" className="text-warn">
        <Told of={plainError(failed, strings.didNotWork)} />
      </div>
    );
  if (loading && items.length === 0)
    return (
      <p aria-live="polite" className="text-faint">
        {words.reading}
      </p>
    );
  if (items.length === 0)
    return (
      <div className="py-12 text-center text-faint">
        <p>{words.empty}</p>
        <p className="mb-3 text-[13px]">{words.emptyWhat}</p>
        <Button onClick={pull} className="mx-auto">
          {words.look}
        </Button>
      </div>
    );
  return <Rows items={items} />;
}

function Rows({ items }: { items: Item[] }) {
  const { chosen, choose, move } = useTriage();
  const list = useRef<HTMLDivElement>(null);
  // Whoever waited for it has its keys.
  useEffect(() => {
    if (document.activeElement === list.current?.closest("main")) list.current?.focus();
  }, []);
  const at = items.findIndex((i) => i.key === chosen?.key);
  const { about, mostly, labels, state } = words.columns;
  return (
    <>
      <div className="overflow-hidden rounded-xl border border-line bg-panel">
        <div aria-hidden className={cx(COLUMNS, "text-[11.5px] font-semibold text-faint")}>
          <span>{about}</span>
          <span>{mostly}</span>
          <span>{labels}</span>
          <span className="text-right">{state}</span>
        </div>
        <div
          ref={list}
          role="listbox"
          aria-label={words.byDocument}
          tabIndex={0}
          aria-activedescendant={at >= 0 ? `found-${at}` : undefined}
          onKeyDown={(e) => {
            const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
            if (by === undefined || e.altKey) return;
            e.preventDefault();
            move(by);
          }}
          className="outline-none focus-visible:[&_[aria-selected=true]]:outline-2 focus-visible:[&_[aria-selected=true]]:-outline-offset-2 focus-visible:[&_[aria-selected=true]]:outline-accent"
        >
          {items.map((item, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list box around it has the keys
            // biome-ignore lint/a11y/useFocusableInteractive: the list box around it has the focus
            <div
              key={item.key}
              id={`found-${i}`}
              role="option"
              aria-selected={i === at}
              onClick={() => choose(item)}
              className={cx(COLUMNS, "border-t border-line text-[13.5px]", i === at ? "bg-accent-bg" : "hover:bg-bg")}
            >
              <span className="min-w-0 break-words">{item.title}</span>
              <span className="text-[12px] text-faint">{item.mostly}</span>
              <span className="text-[12px] text-faint">{item.counts}</span>
              <span
                className={cx(
                  "text-right text-[12px]",
                  item.state === "open" ? "text-warn" : item.state === "verified" ? "text-accent" : "text-soft",
                )}
              >
                {words.states[item.state]}
              </span>
            </div>
          ))}
        </div>
      </div>
      <p aria-hidden className="px-0.5 py-3 text-[12.5px] text-faint">
        <Kbd keys="J" /> <Kbd keys="K" /> {words.walk} · <Kbd keys="alt+up/down" /> {words.itsAnswers} ·{" "}
        <Kbd keys="F" /> {words.fixedInKey} · <Kbd keys="X" /> {words.states.not_a_fault}
      </p>
    </>
  );
}
