// Where a fault was fixed, or why it is none: one field each.
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useBackend } from "../backend/context";
import { useSheets } from "../session/sheets";
import { SaveOrNot, Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { useTriage } from "./triage";

const words = strings.triage;

export function FixedInSheet() {
  const backend = useBackend();
  const { chosen, decide } = useTriage();
  const { data } = useQuery({ queryKey: ["documents"], queryFn: () => backend.documents() });
  return (
    <Field
      title={words.fixedIn}
      why={words.fixedInWhat}
      first={chosen?.document ?? ""}
      list="documents-to-fix"
      onSave={(document) => decide({ step: "fixed_in", document })}
    >
      <datalist id="documents-to-fix">
        {data?.map((d) => (
          <option key={d.id} value={d.id}>
            {d.title}
          </option>
        ))}
      </datalist>
    </Field>
  );
}

export function NotAFaultSheet() {
  const { decide } = useTriage();
  return (
    <Field
      title={words.notAFault}
      why={words.why}
      first=""
      onSave={(reason) => decide({ step: "not_a_fault", reason })}
    />
  );
}

type Props = {
  title: string;
  why: string;
  first: string;
  list?: string;
  onSave: (typed: string) => void;
  children?: ReactNode;
};

function Field({ title, why, first, list, onSave, children }: Props) {
  const { close } = useSheets();
  const [typed, setTyped] = useState(first);
  return (
    <Sheet onClose={() => close()} title={title}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (!typed.trim()) return;
          onSave(typed.trim());
          close();
        }}
      >
        <label className="block text-[12px] text-faint">
          {why}
          <input
            value={typed}
            onChange={(e) => setTyped(e.target.value)}
            list={list}
            maxLength={500}
            required
            autoComplete="off"
            className="mt-1 w-full rounded-lg border border-line bg-bg px-3 py-1.5 text-[14px] text-ink"
          />
        </label>
        {children}
        <SaveOrNot onCancel={() => close()} />
      </form>
    </Sheet>
  );
}
