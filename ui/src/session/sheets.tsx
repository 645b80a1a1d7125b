// Which sheet lies over the window, if one does: one at a time, and while it does no key commands.
import { type ReactNode, useMemo, useRef, useState } from "react";
import type { Turn } from "../ask/turns";
import type { Verdict } from "../backend/backend";
import { AfterwardsContext } from "../shared/focus";
import { useLatest } from "../shared/latest";
import { provided } from "../shared/provided";

/** A label is of one turn, whatever is asked meanwhile. */
export type Labelling = { turn: Turn; verdict: Verdict };

export type OpenSheet =
  | "settings"
  | "keys"
  | "palette"
  | "history"
  | "name"
  | "knowledge"
  | "promote"
  | "fixedIn"
  | "notAFault"
  | Labelling;

type Sheets = {
  show: (sheet: OpenSheet) => void;
  /** `then` is done when the focus is back where it was. */
  close: (then?: () => void) => void;
  /** Closes what can be opened again as it was: a label that is being made is not. */
  clear: (then: () => void) => void;
};

const [OpenContext, useOpened] = provided<{ sheet: OpenSheet | null }>("sheet");
const [SheetsContext, useSheets] = provided<Sheets>("sheet");

export { useSheets };

export const useOpenSheet = () => useOpened().sheet;

export function SheetsProvider({ children }: { children: ReactNode }) {
  const [sheet, setSheet] = useState<OpenSheet | null>(null);
  const now = useLatest(sheet);
  const afterwards = useRef<(() => void) | null>(null);
  const sheets = useMemo<Sheets>(() => {
    const sheets: Sheets = {
      show: setSheet,
      close(then) {
        afterwards.current = then ?? null;
        setSheet(null);
      },
      clear(then) {
        if (typeof now.current === "string") sheets.close(then);
      },
    };
    return sheets;
  }, [now]);
  const opened = useMemo(() => ({ sheet }), [sheet]);
  return (
    <SheetsContext value={sheets}>
      <AfterwardsContext value={afterwards}>
        <OpenContext value={opened}>{children}</OpenContext>
      </AfterwardsContext>
    </SheetsContext>
  );
}
