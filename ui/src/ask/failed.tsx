// A question that could not be answered: why, and what to do.
import { useUpdating } from "../releases/updating";
import { useStatus } from "../session/status";
import { More } from "../shared/more";
import { plain } from "../shared/plain";
import { ended, strings } from "../shared/strings";
import { Button } from "../shared/ui";
import { useAsking } from "./conversation";
import type { Turn } from "./turns";

export function Failed({ turn }: { turn: Turn }) {
  const { submit } = useAsking();
  const { check } = useUpdating();
  const { knowledge } = useStatus();
  const why = plain(turn.error?.message ?? "", "");
  const old = turn.error?.code === "too_stale";
  return (
    <section className="rounded-xl border border-line bg-panel px-[18px] py-4" role="alert">
      <p className="mb-1 text-[15px] font-semibold">{old ? strings.tooOldToAnswer : strings.failed}</p>
      <div className="mb-3 text-soft">
        {why.words && `${ended(why.words)} `}
        {strings.stillInField}
        {why.more && <More words={why.more} />}
      </div>
      <div className="flex gap-2">
        {/* Knowledge that was made on this device has nowhere to be checked. */}
        {old && knowledge && (
          <Button onClick={check} keys="mod+U">
            {strings.checkNow}
          </Button>
        )}
        <Button onClick={() => submit(turn.question)} keys="mod+R">
          {strings.askAgain}
        </Button>
      </div>
    </section>
  );
}
