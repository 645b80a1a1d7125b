// Before the knowledge is open: how far it is, or why it is not.
import type { DeskError, Opening as Progress } from "../backend/backend";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";
import { Logo } from "./logo";

export function Opening({
  progress,
  error,
  onAgain,
}: {
  progress: Progress | null;
  error: DeskError | null;
  onAgain: () => void;
}) {
  return (
    <main className="flex h-full items-center justify-center p-8" data-opening>
      <div className="w-full max-w-[420px]">
        <Logo />
        {error ? (
          <div role="alert">
            <h1 className="mt-4 mb-1 text-[16px] font-semibold">{strings.openFailed}</h1>
            <p className="mb-4 break-words whitespace-pre-line text-soft">{error.message}</p>
            <Button primary onClick={onAgain}>
              {strings.tryAgain}
            </Button>
          </div>
        ) : (
          <>
            <h1 className="mt-4 mb-1 text-[16px] font-semibold">{progress ? strings.preparing : strings.opening}</h1>
            <p className="mb-3 text-soft">{progress ? strings.steps[progress.step] : "\u00a0"}</p>
            <progress
              aria-label={strings.opening}
              className="h-1.5 w-full accent-accent"
              max={progress?.of || undefined}
              value={progress?.of ? progress.done : undefined}
            />
          </>
        )}
      </div>
    </main>
  );
}
