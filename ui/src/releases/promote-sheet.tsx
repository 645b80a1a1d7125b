// Promoting: what speaks against it, why it is done nevertheless, and who gets it first.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { asError, type Weighed } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useSheets } from "../session/sheets";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { useSaid } from "../shared/said";
import { Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";
import { Reasons } from "./gate";
import { useDoing, useReviewing } from "./reviewing";

const words = strings.reviewing;
const SHARES = [100, 50, 25, 10, 5, 1];

export function PromoteSheet() {
  const { weighed } = useReviewing();
  return weighed && <Promote weighed={weighed} />;
}

function Promote({ weighed }: { weighed: Weighed }) {
  const backend = useBackend();
  const { close } = useSheets();
  const { reread, forget } = useDoing();
  const { say } = useSaid();
  const [why, setWhy] = useState("");
  const [share, setShare] = useState(100);
  const { to, number, reasons, before } = weighed;
  const refused = reasons.length > 0;
  const promoting = useMutation({
    mutationFn: () => backend.promote(refused ? why.trim() : null, share),
    onSuccess: () => {
      say(words.promotedNow(number, to));
      close(forget);
    },
    onSettled: () => reread(),
  });
  const able = !promoting.isPending && (!refused || why.trim() !== "");
  return (
    <Sheet onClose={close} title={words.promoteTitle(number, to)} wide={refused}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (able) promoting.mutate();
        }}
      >
        {refused ? (
          <>
            <p className="text-[13px] text-bad">▲ {words.promoteRefused}</p>
            <div className="mb-3 text-bad">
              <Reasons of={reasons} />
            </div>
            <label className="mb-3 block text-[13px]">
              <span className="mb-1 block font-medium">{words.nevertheless}</span>
              <textarea
                value={why}
                rows={3}
                onChange={(e) => setWhy(e.target.value)}
                className="w-full resize-none rounded-lg border border-line bg-panel px-2.5 py-1.5 outline-none focus:border-accent"
              />
              <span className="text-[12px] text-faint">{words.neverthelessWhat}</span>
            </label>
          </>
        ) : (
          <p className="mb-3 text-[13px] font-medium text-accent">✓ {words.nothingAgainst}</p>
        )}
        {/* Where nothing was shown before, there is nothing that the others could stay with. */}
        {before !== null && (
          <label className="mb-3 flex items-center gap-2 text-[13px]">
            {words.firstTo}
            <select
              value={share}
              onChange={(e) => setShare(Number(e.target.value))}
              className="rounded-md border border-line bg-panel px-2 py-1"
            >
              {SHARES.map((s) => (
                <option key={s} value={s}>
                  {words.share(s)}
                </option>
              ))}
            </select>
          </label>
        )}
        {promoting.error && (
          <div role="alert" className="mb-3 rounded-lg bg-warn-bg px-3 py-2 text-[13px] text-warn">
            <Told of={plainError(asError(promoting.error), strings.didNotWork)} />
          </div>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={() => close()}>{strings.cancel}</Button>
          {/* Not `disabled`: it would lose the focus of whoever works by key. */}
          <Button primary type="submit" autoFocus={!refused} aria-disabled={!able} className={able ? "" : "opacity-55"}>
            {promoting.isPending ? words.promoting : words.promoteNow}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
