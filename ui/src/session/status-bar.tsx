// The thin bar: tenant, release and its age, models, what is not well, what waits.
import { useAsking } from "../ask/conversation";
import { ReleasePiece } from "../releases/release-piece";
import { strings } from "../shared/strings";
import { useAccount } from "./account";
import { useSheets } from "./sheets";
import { useStatus } from "./status";

export function StatusBar() {
  const status = useStatus();
  const { connection, signingIn } = useAccount();
  const { signIn } = useAsking();
  const { show } = useSheets();
  const ill = [
    strings.health("embedding", connection?.embedding ?? null),
    strings.health("reranking", connection?.reranking ?? null),
    strings.health("generation", connection?.generation ?? null),
    strings.health("checking", connection?.checking ?? null),
  ].filter((words) => words !== null);
  return (
    <footer className="print:hidden col-span-full flex items-center gap-[18px] overflow-hidden border-t border-line bg-panel px-3.5 text-[12px] whitespace-nowrap text-soft">
      <span>
        <span className="mr-1.5 inline-block size-[7px] rounded-full bg-accent" />
        {status.tenant_name}
      </span>
      <ReleasePiece />
      {status.embedding ? (
        <span className="truncate tight:hidden">
          {[status.embedding, status.reranking, status.generation].filter(Boolean).join(" · ")}
        </span>
      ) : (
        <span className="truncate font-medium text-warn" title={strings.wordsOnlyWhy}>
          ▲ {[strings.wordsOnly, status.reranking, status.generation].filter(Boolean).join(" · ")}
        </span>
      )}
      {!status.on_aws && <span className="narrow:hidden">{strings.onDevice}</span>}
      {ill.map((words) => (
        <span key={words} className="truncate font-medium text-warn">
          ▲ {words}
        </span>
      ))}
      {connection?.needs_sign_in && (
        <button
          type="button"
          onClick={signIn}
          disabled={signingIn}
          title={connection.problem?.message}
          className="rounded border border-warn px-2 font-medium text-warn hover:bg-warn-bg"
        >
          {signingIn ? strings.signingIn : `▲ ${strings.signedOut} · ${strings.signIn}`}
        </button>
      )}
      {status.records_problem && (
        <button
          type="button"
          onClick={() => show("settings")}
          title={strings.notKeptWhat}
          className="shrink-0 rounded font-medium text-warn hover:bg-warn-bg"
        >
          ▲ {strings.notKept}
        </button>
      )}
      <span className="flex-1 tight:hidden" />
      {status.labels.waiting > 0 && (
        <span title={status.labels.because ?? undefined}>{strings.labelsWaiting(status.labels.waiting)}</span>
      )}
      <button
        type="button"
        aria-keyshortcuts="?"
        onClick={() => show("keys")}
        className="shrink-0 hover:text-ink tight:ml-auto"
      >
        <span aria-hidden>? </span>
        {strings.keysHint}
      </button>
    </footer>
  );
}
