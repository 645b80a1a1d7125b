// Which sheet lies over the window, if one does: one at a time, and while it does no key commands.
import { type ReactNode, useMemo, useState } from "react";
import type { Turn } from "../ask/turns";
import type { Verdict } from "../backend/backend";
import { provided } from "../shared/provided";

/** A label is of one turn, whatever is asked meanwhile. */
export type Labelling = { turn: Turn; verdict: Verdict };

export type OpenSheet = "settings" | "keys" | "palette" | "knowledge" | Labelling;

type Sheets = {
  show: (sheet: OpenSheet) => void;
  close: () => void;
  /** Closes what can be opened again as it was: a label that is being made is not. */
  clear: () => void;
};

const [OpenContext, useOpened] = provided<{ sheet: OpenSheet | null }>("sheet");
const [SheetsContext, useSheets] = provided<Sheets>("sheet");

export { useSheets };

export const useOpenSheet = () => useOpened().sheet;

export function SheetsProvider({ children }: { children: ReactNode }) {
  const [sheet, setSheet] = useState<OpenSheet | null>(null);
  const sheets = useMemo<Sheets>(
    () => ({
      show: setSheet,
      close: () => setSheet(null),
      clear: () => setSheet((now) => (typeof now === "string" ? null : now)),
    }),
    [],
  );
  const opened = useMemo(() => ({ sheet }), [sheet]);
  return (
    <SheetsContext value={sheets}>
      <OpenContext value={opened}>{children}</OpenContext>
    </SheetsContext>
  );
}
