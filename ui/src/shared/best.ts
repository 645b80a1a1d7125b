// Enter in a field that finds: it may be pressed before what was typed is found, and means the best of that then.
import { useLayoutEffect, useState } from "react";

/** `settled`: what is shown is of what is typed by now. Who types on takes the press back. */
export function useBest(typed: string, settled: boolean, open: () => void) {
  const [wanted, setWanted] = useState<string | null>(null);
  const here = wanted === typed;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each press
  useLayoutEffect(() => {
    if (wanted === null) return;
    if (here && settled) open();
    if (!here || settled) setWanted(null);
  }, [wanted, here, settled]);
  return () => setWanted(typed);
}
