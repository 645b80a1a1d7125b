// An answer in the customer's words, and back in its sources' own: which one is chosen holds for the next answers too.
import { type RefObject, useEffect, useRef, useState } from "react";
import type { Turn } from "../ask/turns";
import { useBackend } from "../backend/context";
import { useLatest } from "../shared/latest";
import { usePreferences } from "../shared/preferences";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import type { EditorHandle } from "./editor-handle";
import { useNames } from "./use-names";

/** One text in both words. */
type Both = { own: string; told: string };

export type ForCustomer = {
  /** The customer's words are what stands there. */
  on: boolean;
  change: () => void;
  /** Done when what was asked for stands there. */
  settled: () => Promise<void>;
};

export function useForCustomer(turn: Turn, text: string, editor: RefObject<EditorHandle | null>): ForCustomer {
  const backend = useBackend();
  const { preferences, prefer } = usePreferences();
  const { warn, fail } = useSaid();
  const names = useNames();
  const [both, setBoth] = useState<Both | null>(null);
  const [on, setOn] = useState(false);
  const now = useLatest(text);
  const underWay = useRef(Promise.resolve());

  /** `quiet`: nobody asked for this very answer. */
  const tell = async (own: string, quiet: boolean) => {
    const told = both?.own === own ? both.told : await backend.forCustomer(own, turn.passages, names);
    if (told === null) return quiet ? undefined : warn(strings.nothingForCustomer);
    editor.current?.replace(own, told);
    setBoth({ own: own === told ? turn.draft : own, told });
    setOn(true);
  };
  const takeBack = () => {
    const told = now.current;
    const own = both?.own ?? turn.draft;
    editor.current?.replace(told, own);
    setBoth({ own, told });
    setOn(false);
  };
  const able = turn.state === "done" && !turn.own;
  const change = () => {
    if (!able) return;
    prefer({ ...preferences, forCustomer: !on });
    if (on) takeBack();
    else underWay.current = tell(now.current, false).catch(fail);
  };
  // Whoever wants it of all answers has it of each that comes: not of what was kept, which is as it was left.
  const came = useRef(turn.state !== "done");
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the answer is done
  useEffect(() => {
    if (!able || !came.current) return;
    came.current = false;
    if (preferences.forCustomer && turn.text === turn.draft) underWay.current = tell(turn.draft, true).catch(fail);
  }, [able]);
  return { on, change, settled: () => underWay.current };
}
