// The window: the knowledge is opened, and with it the desk.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { asError, type DeskError, type Opening as Progress, type Status } from "./backend/backend";
import { useBackend } from "./backend/context";
import { Desk } from "./session/desk";
import { Opening } from "./session/opening";
import { PreferencesProvider } from "./shared/preferences";

export function App() {
  return (
    <PreferencesProvider>
      <Opened />
    </PreferencesProvider>
  );
}

function Opened() {
  const backend = useBackend();
  const [status, setStatus] = useState<Status | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<DeskError | null>(null);
  const open = useCallback(() => {
    setError(null);
    setProgress(null);
    backend.open(setProgress).then(setStatus, (e) => setError(asError(e)));
  }, [backend]);
  useEffect(open, [open]);
  const client = useQueryClient();
  // Another tenant, or this one anew: nothing of before may be seen.
  const reopen = useCallback(() => {
    setStatus(null);
    client.clear();
    open();
  }, [client, open]);
  if (!status) return <Opening progress={progress} error={error} onAgain={open} />;
  return <Desk key={status.tenant} first={status} onReopen={reopen} />;
}
