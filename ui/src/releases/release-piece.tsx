// The release in the thin bar; where it comes from a store, the way to its sheet.
import type { Status } from "../backend/backend";
import { useMinute } from "../shared/minute";
import { ago, moment, strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import { type Updates, useUpdate } from "./updates";

type PieceProps = { status: Status; updates: Updates; onOpen: () => void };

export function ReleasePiece({ status, updates, onOpen }: PieceProps) {
  useMinute();
  const running = useUpdate(updates).state === "running";
  const { knowledge } = status;
  if (!knowledge)
    return (
      <span title={status.release_created_at}>
        {strings.release(status.release)}, {strings.made(ago(status.release_created_at))}
      </span>
    );
  const { freshness } = knowledge;
  return (
    <button
      type="button"
      onClick={onOpen}
      title={
        knowledge.problem ??
        (knowledge.checked_at ? strings.checkedAt(moment(knowledge.checked_at)) : strings.openKnowledge)
      }
      data-freshness={freshness}
      className={cx(
        "max-w-[60ch] min-w-0 shrink-0 truncate rounded",
        freshness !== "too_stale" && "-mx-1 px-1",
        freshness === "fresh" && "hover:text-ink",
        freshness === "stale" && "font-medium text-warn hover:bg-warn-bg",
        freshness === "too_stale" && "border border-warn bg-warn-bg px-2 font-semibold text-warn",
      )}
    >
      {freshness !== "fresh" && "▲ "}
      {strings.barRelease(knowledge, running)}
    </button>
  );
}

/** On top of what may be read from old knowledge. */
export function StaleLine({ status, narrow, onCheck }: { status: Status; narrow?: boolean; onCheck: () => void }) {
  useMinute();
  const { knowledge } = status;
  if (!knowledge || knowledge.freshness === "fresh") return null;
  return (
    <div
      role="status"
      className={cx("border-b border-line py-2 text-[12.5px] font-medium text-warn", narrow ? "px-5" : "px-9")}
    >
      <div className={cx("flex items-center gap-3", !narrow && "mx-auto max-w-[760px]")}>
        <p className="min-w-0 flex-1">▲ {strings.staleLine(knowledge)}</p>
        <Button onClick={onCheck}>{strings.checkNow}</Button>
      </div>
    </div>
  );
}
