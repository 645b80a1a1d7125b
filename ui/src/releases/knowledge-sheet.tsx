// Where the knowledge comes from, how fresh it is, and whether there is a newer release.
import type { ReactNode } from "react";
import { useAsking } from "../ask/conversation";
import type { Knowledge, SyncProgress } from "../backend/backend";
import { useAccount } from "../session/account";
import { useSheets } from "../session/sheets";
import { useStatus } from "../session/status";
import { useMinute } from "../shared/minute";
import { More } from "../shared/more";
import { plain } from "../shared/plain";
import { Sheet } from "../shared/sheet";
import { ago, ended, moment, strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import { type Update, useUpdate } from "./updates";
import { useUpdating } from "./updating";

export function KnowledgeSheet({ knowledge }: { knowledge: Knowledge }) {
  const { close } = useSheets();
  const { release, release_created_at } = useStatus();
  const { updates } = useUpdating();
  const update = useUpdate(updates);
  return (
    <Sheet
      onClose={() => {
        close();
        updates.seen();
      }}
      title={`${strings.knowledge}: ${strings.releaseOf(knowledge.number, release_created_at)}`}
    >
      <Facts knowledge={knowledge} />
      <div className="-mt-3 mb-3 text-faint">
        <More words={release} label={strings.exactly} />
      </div>
      {knowledge.notes.trim() !== "" && (
        <section className="mb-4" aria-label={strings.notes}>
          <h3 className="mb-1 text-[12px] text-faint">{strings.notes}</h3>
          {/* Reached by key, so that long notes can be scrolled. */}
          <p tabIndex={0} className="max-h-[14vh] overflow-auto text-[13px] break-words whitespace-pre-line text-soft">
            {knowledge.notes.trim()}
          </p>
        </section>
      )}
      <div aria-live="polite">
        <Failure update={update} problem={knowledge.problem} />
      </div>
      <div className="flex items-center gap-4 border-t border-line pt-3">
        <div aria-live="polite" className="flex min-h-10 min-w-0 flex-1 flex-col justify-center text-[13px]">
          {update.state === "running" ? (
            <Progress progress={update.progress} />
          ) : update.state === "done" ? (
            <p className="font-medium">✓ {strings.synced(update.report)}</p>
          ) : (
            <p className="text-[12px] text-faint">{strings.whatItDoes}</p>
          )}
        </div>
        <Actions running={update.state === "running"} />
      </div>
    </Sheet>
  );
}

function Facts({ knowledge }: { knowledge: Knowledge }) {
  useMinute();
  const { release_created_at, documents, passages } = useStatus();
  const { freshness } = knowledge;
  return (
    <dl className="mb-4 grid grid-cols-[104px_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-[13px]">
      <Row name={strings.freshness}>
        <span className={cx(freshness !== "fresh" && "font-medium text-warn")}>
          {freshness === "fresh" ? "● " : "▲ "}
          {strings.freshnesses[freshness]}
        </span>
      </Row>
      <Row name={strings.lastChecked}>{knowledge.checked_at ? <When at={knowledge.checked_at} /> : strings.never}</Row>
      <Row name={strings.madeAt}>
        <When at={release_created_at} />
      </Row>
      <Row name={strings.channel}>{knowledge.channel}</Row>
      <Row name={strings.holds}>{strings.holdsWhat(documents, passages)}</Row>
    </dl>
  );
}

function Actions({ running }: { running: boolean }) {
  const { connection, signingIn } = useAccount();
  const { signIn } = useAsking();
  const { check } = useUpdating();
  return (
    <div className="flex gap-2">
      {connection?.needs_sign_in && (
        <Button onClick={signIn} disabled={signingIn}>
          {signingIn ? strings.signingIn : strings.signIn}
        </Button>
      )}
      {/* Not `disabled`: it would lose the focus of whoever works by key. */}
      <Button primary={!running} autoFocus aria-disabled={running} onClick={check}>
        {running ? strings.checkingNow : strings.checkNow}
      </Button>
    </div>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className="break-words">{children}</dd>
    </>
  );
}

function When({ at }: { at: string }) {
  return (
    <>
      {ago(at)} <span className="text-faint">({moment(at)})</span>
    </>
  );
}

function Failure({ update, problem }: { update: Update; problem: string | null }) {
  const words = update.state === "failed" ? update.error.message : update.state === "idle" ? problem : null;
  if (words === null) return null;
  const why = plain(words, "");
  return (
    <div className="mb-3 rounded-lg bg-warn-bg px-2.5 py-2 text-[12.5px] break-words text-warn">
      <b className="font-semibold">▲ {strings.lastTryFailed}</b> {why.words && ended(why.words)}
      {why.more && <More words={why.more} />}
    </div>
  );
}

function Progress({ progress }: { progress: SyncProgress }) {
  const { step, done, of } = progress;
  const measured = of > 0 && (step === "downloading" || step === "building");
  const percent = measured ? Math.min(100, Math.floor((done / of) * 100)) : undefined;
  const amount = strings.syncAmount(progress);
  return (
    <>
      <p className="mb-2 flex justify-between gap-3">
        <span className="truncate">{strings.syncSteps[step]}</span>
        {/* The bar says it to a screen reader; here each number would be read out. */}
        <span aria-hidden className="whitespace-nowrap text-faint">
          {amount}
        </span>
      </p>
      <div
        role="progressbar"
        aria-label={strings.syncSteps[step]}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={amount || undefined}
        className="h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className={cx("h-full rounded-full", measured ? "bg-accent" : "pulse bg-accent/45")}
          style={{ width: `${percent ?? 100}%` }}
        />
      </div>
    </>
  );
}
