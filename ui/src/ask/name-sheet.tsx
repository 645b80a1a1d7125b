// Who a conversation is with, typed in one field.
import { useState } from "react";
import { useSheets } from "../session/sheets";
import { Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";
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
        <div className="mt-3 flex justify-end gap-2">
          <Button onClick={() => close()}>{strings.cancel}</Button>
          <Button primary type="submit">
            {strings.save}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}
