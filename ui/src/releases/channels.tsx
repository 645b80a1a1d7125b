// The channels: what each shows, on which devices, how it came there, and the way back.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { ChannelRow, Releases } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useSaid } from "../shared/said";
import { moment, strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import { useDoing, useReviewing } from "./reviewing";

const words = strings.reviewing;

/** Steps of a share; the one that is set is among them, whatever it is. */
const SHARES = [1, 5, 10, 25, 50, 100];

export function Channels({ store }: { store: Releases }) {
  const { sides } = useReviewing();
  if (store.channels.length === 0) return <p className="text-[13px] text-soft">{words.noChannels}</p>;
  const rank = (c: ChannelRow) => (c.name === sides?.to ? 0 : c.name === sides?.from ? 1 : 2);
  const shown = [...store.channels].sort((a, b) => rank(a) - rank(b)).slice(0, 2);
  return (
    <section aria-label={words.channels} className="mb-4">
      {store.channels.length > 2 && <Sides names={store.channels.map((c) => c.name)} />}
      <div className="grid grid-cols-[repeat(auto-fit,minmax(240px,1fr))] gap-3">
        {shown.map((c) => (
          <Channel key={c.name} channel={c} live={c.name === sides?.to} readOnly={store.read_only !== null} />
        ))}
      </div>
    </section>
  );
}

/** Which two, where there are more. */
function Sides({ names }: { names: string[] }) {
  const { sides, choose, weighing } = useReviewing();
  if (!sides) return null;
  const select = (label: string, value: string, others: string, then: (name: string) => void) => (
    <label className="flex items-center gap-2">
      {label}
      <select
        value={value}
        disabled={weighing !== null}
        onChange={(e) => then(e.target.value)}
        className="rounded-md border border-line bg-panel px-2 py-1 text-ink"
      >
        {names.map((n) => (
          <option key={n} disabled={n === others}>
            {n}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="mb-3 flex flex-wrap gap-4 text-[12.5px] text-soft">
      {select(words.fromChannel, sides.from, sides.to, (from) => choose({ ...sides, from }))}
      {select(words.toChannel, sides.to, sides.from, (to) => choose({ ...sides, to }))}
    </div>
  );
}

type Props = { channel: ChannelRow; live: boolean; readOnly: boolean };

function Channel({ channel: c, live, readOnly }: Props) {
  const backend = useBackend();
  const { reread, forget } = useDoing();
  const { say, fail } = useSaid();
  const [sure, setSure] = useState(false);
  const doing = useMutation({
    mutationFn: ({ act }: { act: () => Promise<void>; done: string }) => act(),
    onSuccess: (_, { done }) => say(done),
    onError: fail,
    onSettled: () => reread(),
  });
  const rollOut = (share: number | null, paused: boolean | null) =>
    doing.mutate({ act: () => backend.rollOut(c.name, share, paused), done: words.rolledOut(c.name) });
  const takeBack = (to: number) => {
    setSure(false);
    forget();
    doing.mutate({ act: () => backend.takeBack(c.name, to), done: words.takenBack(c.name, to) });
  };
  const { rollout, before, promotion } = c;
  const share = rollout?.share ?? 100;
  return (
    <section aria-label={c.name} className="min-w-0 rounded-xl border border-line bg-panel px-4 py-3">
      <h2 className="flex items-baseline justify-between gap-2 text-[13.5px] font-semibold">
        <span className="truncate">{c.name}</span>
        <span className={cx("text-[12px] font-medium", rollout ? "text-warn" : "text-faint")}>
          {rollout && "▲ "}
          {words.rolloutOf(rollout)}
        </span>
      </h2>
      <p className="text-[12.5px] text-soft">{words.channelShows(c)}</p>
      {c.notes && (
        <p className="truncate text-[12.5px] text-faint" title={c.notes}>
          {c.notes}
        </p>
      )}
      {promotion?.overridden && (
        <p className="line-clamp-2 text-[12.5px] text-warn" title={moment(promotion.at)}>
          ▲ {words.overriddenBy(promotion.overridden.why)}
        </p>
      )}
      {live && !readOnly && (
        <div className="mt-2 flex flex-wrap items-center gap-2">
          <select
            aria-label={words.shareOf(c.name)}
            value={share}
            disabled={doing.isPending || before === null}
            onChange={(e) => rollOut(Number(e.target.value), null)}
            className="rounded-lg border border-line bg-panel px-2 py-1 text-[13px] text-ink"
          >
            {[...new Set([...SHARES, share])]
              .sort((a, b) => a - b)
              .map((s) => (
                <option key={s} value={s}>
                  {words.share(s)}
                </option>
              ))}
          </select>
          {rollout && (
            <Button disabled={doing.isPending} onClick={() => rollOut(null, !rollout.paused)}>
              {rollout.paused ? words.resume : words.pause}
            </Button>
          )}
          {before !== null && !sure && (
            <Button disabled={doing.isPending} onClick={() => setSure(true)}>
              {words.takeBackTo(before)}…
            </Button>
          )}
        </div>
      )}
      {sure && before !== null && (
        <div role="alert" className="mt-2 rounded-lg bg-warn-bg px-3 py-2 text-[12.5px] text-warn">
          {words.takeBackWhat(c.name, before)}
          <div className="mt-2 flex gap-2">
            <Button autoFocus onClick={() => takeBack(before)}>
              {words.takeBackTo(before)}
            </Button>
            <Button onClick={() => setSure(false)}>{strings.cancel}</Button>
          </div>
        </div>
      )}
    </section>
  );
}
