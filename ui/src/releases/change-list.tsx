// All that is other, in one list that is walked by keys: what hurts first.
import { Fragment, useEffect, useRef } from "react";
import type { Weighed } from "../backend/backend";
import { strings } from "../shared/strings";
import { cx, Kbd } from "../shared/ui";
import { useDoing, useReviewing } from "./reviewing";
import { type Group, marksOf, type Row, type Tone } from "./rows";

const words = strings.reviewing;

const GROUPS: Group[] = ["facts", "answers", "documents"];

/** So many of a group are drawn: whoever has more reads them elsewhere. */
const DRAWN = 300;

const TONES: Record<Tone, string> = { bad: "text-bad", warn: "text-warn", good: "text-accent", soft: "text-soft" };

const BY: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 };

export function ChangeList({ weighed }: { weighed: Weighed }) {
  const { rows, chosen } = useReviewing();
  const { move } = useDoing();
  const list = useRef<HTMLDivElement>(null);
  const at = rows.findIndex((r) => r.key === chosen?.key);
  // What was gone to is seen, and the list has the keys once there is one.
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });
  useEffect(() => list.current?.focus({ preventScroll: true }), []);
  if (rows.length === 0) return <p className="text-[13px] text-soft">{words.nothingOther}</p>;
  return (
    <>
      <div
        ref={list}
        role="listbox"
        aria-label={words.releasesList}
        tabIndex={0}
        aria-activedescendant={at >= 0 ? `change-${at}` : undefined}
        onKeyDown={(e) => {
          const by = BY[e.key];
          if (by === undefined || e.altKey || e.ctrlKey || e.metaKey) return;
          e.preventDefault();
          move(by);
        }}
        className="shrink-0 rounded-xl border border-line bg-panel outline-none focus-visible:[&_[aria-selected=true]]:outline-2 focus-visible:[&_[aria-selected=true]]:-outline-offset-2 focus-visible:[&_[aria-selected=true]]:outline-accent"
      >
        {GROUPS.map((group) => {
          const all = rows.map((row, n) => ({ row, n })).filter(({ row }) => row.group === group);
          if (all.length === 0) return null;
          return (
            <div key={group} role="group" aria-label={words.groups[group]}>
              <div aria-hidden className="border-b border-line px-4 pt-3 pb-1.5 text-[11px] font-semibold text-faint">
                {words.groups[group]} · {all.length.toLocaleString("en")}
              </div>
              {all.slice(0, DRAWN).map(({ row, n }) => (
                <Line key={row.key} row={row} n={n} on={n === at} weighed={weighed} />
              ))}
              {all.length > DRAWN && (
                <p className="px-4 py-2 text-[12px] text-faint">{words.andMore(all.length - DRAWN)}</p>
              )}
            </div>
          );
        })}
      </div>
      <p className="mt-2.5 flex flex-wrap items-center gap-x-1.5 gap-y-1 text-[12.5px] text-faint">
        {weighed.comparison && words.alike(weighed.comparison.same)}
        <Kbd keys="J" hint /> <Kbd keys="K" hint />
      </p>
    </>
  );
}

type LineProps = { row: Row; n: number; on: boolean; weighed: Weighed };

function Line({ row, n, on, weighed }: LineProps) {
  const { look } = useReviewing();
  const marks = marksOf(row, weighed.review);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box around it has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the list box around it has the focus
    <div
      id={`change-${n}`}
      role="option"
      aria-selected={on}
      onClick={() => look(row)}
      className={cx(
        "grid grid-cols-[104px_minmax(0,1.2fr)_minmax(0,1fr)_88px] items-baseline gap-3 border-b border-line px-4 py-2 text-[13px] last:border-b-0 narrow:grid-cols-[92px_minmax(0,1fr)_84px]",
        on ? "bg-accent-bg" : "hover:bg-bg",
      )}
    >
      <span className={cx("text-[12px] font-semibold", TONES[row.tone])}>{row.what}</span>
      <span className="line-clamp-2 break-words text-ink">{row.title}</span>
      <span className="line-clamp-2 text-[12px] break-words text-faint narrow:hidden">{row.short}</span>
      <span className="text-right text-[12px] text-soft">
        {row.of.kind === "answer" &&
          (marks.length === 0
            ? words.toReview
            : [...new Set(marks.map((m) => m.mark))].map((mark) => (
                <Fragment key={mark}>
                  <span className={mark === "unwanted" ? "font-medium text-bad" : undefined}>
                    {words.marks[mark].toLowerCase()} {mark === "unwanted" ? "▲" : "✓"}
                  </span>{" "}
                </Fragment>
              )))}
      </span>
    </div>
  );
}
