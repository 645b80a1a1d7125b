// The release in the thin bar; where it comes from a store, the way to its sheet.
import { useSheets } from "../session/sheets";
import { useStatus } from "../session/status";
import { useMinute } from "../shared/minute";
import { moment, strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { useUpdate } from "./updates";
import { useUpdating } from "./updating";

export function ReleasePiece() {
  useMinute();
  const { knowledge, release_created_at } = useStatus();
  const { show } = useSheets();
  const { updates } = useUpdating();
  const running = useUpdate(updates).state === "running";
  if (!knowledge) return <span>{strings.releaseOf(null, release_created_at)}</span>;
  const { freshness } = knowledge;
  return (
    <button
      type="button"
      onClick={() => show("knowledge")}
      title={
        knowledge.problem ??
        (knowledge.checked_at ? strings.checkedAt(moment(knowledge.checked_at)) : strings.openKnowledge)
      }
      data-freshness={freshness}
      className={cx(
        "max-w-[60ch] min-w-0 shrink-0 truncate rounded tight:shrink",
        freshness !== "too_stale" && "-mx-1 px-1",
        freshness === "fresh" && "hover:text-ink",
        freshness === "stale" && "font-medium text-warn hover:bg-warn-bg",
        freshness === "too_stale" && "border border-warn bg-warn-bg px-2 font-semibold text-warn",
      )}
    >
      {freshness !== "fresh" && "▲ "}
      {strings.barRelease(knowledge, release_created_at, running)}
    </button>
  );
}
