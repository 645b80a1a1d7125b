// What can be done with a whole answer; while it is written, to stop it.
import type { Turn } from "../ask/turns";
import type { Verdict } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useSheets } from "../session/sheets";
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";
import { Button, cx, shortcut } from "../shared/ui";
import type { ForCustomer } from "./use-customer";

type Props = {
  turn: Turn;
  /** It is no longer the draft. */
  changed: boolean;
  comparing: boolean;
  forCustomer: ForCustomer;
  onCopy: (sources: boolean) => void;
  onCompare: () => void;
};

export function CardActions({ turn, changed, comparing, forCustomer, onCopy, onCompare }: Props) {
  const backend = useBackend();
  const { records_problem } = useStatus();
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2 border-t border-line px-3 py-2">
      {turn.state === "running" ? (
        <Button onClick={() => backend.stop()} keys="Esc">
          {strings.stop}
        </Button>
      ) : (
        <>
          <Button primary keys="mod+enter" onClick={() => onCopy(false)}>
            {strings.copy}
          </Button>
          <Button onClick={() => onCopy(true)}>{strings.withSources}</Button>
          {!turn.own && (
            <Button
              aria-keyshortcuts={shortcut("mod+J")}
              aria-pressed={forCustomer.on}
              className={cx(forCustomer.on && "border-accent font-semibold text-accent")}
              onClick={forCustomer.change}
            >
              {strings.forCustomer}
            </Button>
          )}
          {!turn.own && (
            <Button onClick={onCompare} aria-pressed={comparing} disabled={!changed && !comparing}>
              {comparing ? strings.comparing : strings.compare}
            </Button>
          )}
          <span className="flex-1" />
          {turn.exchange ? (
            <>
              <LabelButton turn={turn} verdict="good" />
              <LabelButton turn={turn} verdict="bad" />
            </>
          ) : (
            <span className="text-[12.5px] text-soft">
              {turn.own ? strings.ownNotKept : strings.whyNoLabel(records_problem !== null)}
            </span>
          )}
        </>
      )}
    </div>
  );
}

function LabelButton({ turn, verdict }: { turn: Turn; verdict: Verdict }) {
  const { show } = useSheets();
  const on = turn.exchange?.label?.verdict === verdict;
  return (
    <Button
      keys={verdict === "good" ? "mod+G" : "mod+B"}
      aria-pressed={on}
      className={cx(on && "border-accent font-semibold text-accent")}
      onClick={() => show({ turn, verdict })}
    >
      {on && "✓ "}
      {strings[verdict]}
    </Button>
  );
}
