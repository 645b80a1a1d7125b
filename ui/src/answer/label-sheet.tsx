// A label: good or bad, why, and a note. For a refusal: that it should have an answer.
import { useState } from "react";
import type { Label, Verdict } from "../backend/backend";
import type { LabelReason } from "../backend/types";
import { SaveOrNot, Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";

type Props = {
  verdict: Verdict;
  refusal: boolean;
  before: Label | null;
  onClose: () => void;
  onSave: (label: Label) => void;
};

export function LabelSheet({ verdict, refusal, before, onClose, onSave }: Props) {
  const reasons: Record<string, string> =
    refusal && verdict === "bad" ? strings.reasons.refusal : strings.reasons[verdict];
  const same = before?.verdict === verdict ? before : null;
  const [reason, setReason] = useState<LabelReason | null>(same?.reasons[0] ?? null);
  const [note, setNote] = useState(same?.note ?? "");
  return (
    <Sheet
      onClose={onClose}
      title={refusal && verdict === "bad" ? strings.labelRefusal : strings.labelTitle(verdict === "good")}
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          onSave({ verdict, reasons: reason ? [reason] : [], note: note.trim(), sentence: null, right_source: null });
        }}
      >
        <fieldset className="mb-3 flex flex-col gap-1">
          <legend className="mb-1 text-[12px] text-faint">{strings.reason}</legend>
          {Object.entries(reasons).map(([key, words]) => (
            <label
              key={key}
              className={cx("flex items-center gap-2 rounded-lg px-2 py-1.5", reason === key && "bg-accent-bg")}
            >
              <input
                type="radio"
                name="reason"
                className="choice"
                checked={reason === key}
                onChange={() => setReason(key as LabelReason)}
              />
              {words}
            </label>
          ))}
        </fieldset>
        <label className="block text-[12px] text-faint">
          {strings.note}
          <textarea
            value={note}
            onChange={(e) => setNote(e.target.value)}
            onKeyDown={(e) => {
              if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.currentTarget.form?.requestSubmit();
            }}
            maxLength={2000}
            rows={3}
            className="mt-1 w-full rounded-lg border border-line bg-bg p-2 text-[14px] text-ink"
          />
        </label>
        <SaveOrNot onCancel={() => onClose()} />
      </form>
    </Sheet>
  );
}
