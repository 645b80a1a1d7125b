// Before the knowledge is open: how far it is, or why it is not.
import { useRef, useState } from "react";
import type { DeskError, Opening as Progress } from "../backend/backend";
import { useBackend } from "../backend/context";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";
import { Logo } from "./logo";

function heading(progress: Progress | null, fetching: boolean): string {
  if (!progress) return strings.opening;
  return fetching ? strings.fetching : strings.preparing;
}

export function Opening({
  progress,
  error,
  onAgain,
}: {
  progress: Progress | null;
  error: DeskError | null;
  onAgain: () => void;
}) {
  const backend = useBackend();
  const [signingIn, setSigningIn] = useState(false);
  const fetching = useRef(false);
  if (progress?.step === "downloading") fetching.current = true;
  const signInFirst = error?.code === "sign_in";
  const signIn = async () => {
    setSigningIn(true);
    try {
      await backend.signIn();
    } catch {
      // Opening says again what is wrong.
    } finally {
      setSigningIn(false);
      onAgain();
    }
  };
  return (
    <main className="flex h-full items-center justify-center p-8" data-opening>
      <div className="w-full max-w-[420px]">
        <div className="-ml-2">
          <Logo />
        </div>
        {error ? (
          <div role="alert">
            <h1 className="mt-4 mb-1 text-[16px] font-semibold">
              {signInFirst ? strings.signInFirst : strings.openFailed}
            </h1>
            <Told
              className="mb-4 break-words whitespace-pre-line text-soft"
              of={
                signInFirst
                  ? { words: strings.signInFirstWhy(error.message), more: null }
                  : plainError(error, strings.openFailedWhy)
              }
            />
            {signInFirst ? (
              <Button primary autoFocus onClick={signIn} disabled={signingIn}>
                {signingIn ? strings.signingIn : strings.signIn}
              </Button>
            ) : (
              <Button primary autoFocus onClick={onAgain}>
                {strings.tryAgain}
              </Button>
            )}
          </div>
        ) : (
          <>
            <h1 className="mt-4 mb-1 text-[16px] font-semibold">{heading(progress, fetching.current)}</h1>
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
