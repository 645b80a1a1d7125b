// Who a conversation is with, typed in one field.
import { useState } from "react";
import { useSheets } from "../session/sheets";
import { SaveOrNot, Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { useNamed } from "./named";

export function NameSheet() {
  const { close } = useSheets();
  const { name, call } = useNamed();
  const [typed, setTyped] = useState(name);
  return (
    <Sheet onClose={() => close()} title={strings.nameIt}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          call(typed);
          close();
        }}
      >
        <label className="block text-[12px] text-faint">
          {strings.nameWhy}
          <input
            value={typed}
            onChange={(e) => setTyped(e.target.value)}
            maxLength={60}
            autoComplete="off"
            className="mt-1 w-full rounded-lg border border-line bg-bg px-3 py-1.5 text-[14px] text-ink"
          />
        </label>
        <SaveOrNot onCancel={() => close()} />
      </form>
    </Sheet>
  );
}
