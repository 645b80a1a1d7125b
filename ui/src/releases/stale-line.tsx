// On top of what may be read from old knowledge.
import { useStatus } from "../session/status";
import { useMinute } from "../shared/minute";
import { strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import { useUpdating } from "./updating";

export function StaleLine({ narrow }: { narrow?: boolean }) {
  useMinute();
  const { knowledge } = useStatus();
  const { check } = useUpdating();
  if (!knowledge || knowledge.freshness === "fresh") return null;
  return (
    <div
      role="status"
      className={cx("border-b border-line py-2 text-[12.5px] font-medium text-warn", narrow ? "px-5" : "px-9")}
    >
      <div className={cx("flex items-center gap-3", !narrow && "mx-auto max-w-[760px]")}>
        <p className="min-w-0 flex-1">▲ {strings.staleLine(knowledge)}</p>
        <Button onClick={check}>{strings.checkNow}</Button>
      </div>
    </div>
  );
}
