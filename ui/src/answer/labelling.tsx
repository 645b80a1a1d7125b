// A label on its way: made on the sheet, kept by the program, seen in the window.
import { useAsking, useConversation } from "../ask/conversation";
import type { Label } from "../backend/backend";
import { useBackend } from "../backend/context";
import { type Labelling, useSheets } from "../session/sheets";
import { useRefresh } from "../session/status";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import { LabelSheet } from "./label-sheet";

export function LabelOf({ turn, verdict }: Labelling) {
  const backend = useBackend();
  const { say, fail } = useSaid();
  const { turns } = useConversation();
  const { dispatch } = useAsking();
  const { close } = useSheets();
  const refresh = useRefresh();
  const { exchange } = turn;
  if (!exchange) return null;
  const save = (label: Label) => {
    close();
    // What the answer says by now, not when the sheet was opened.
    const { sentences } = turns.find((t) => t.key === turn.key) ?? turn;
    backend.label(exchange.id, label, sentences).then((labelled) => {
      dispatch({ do: "labelled", key: turn.key, exchange: labelled });
      say(strings.labelled(label.verdict === "good"));
      refresh();
    }, fail);
  };
  return <LabelSheet verdict={verdict} refusal={turn.refused} before={exchange.label} onClose={close} onSave={save} />;
}
