// The left column of triage: what is open, what is done, each with how many lines it has.
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import type { View } from "./items";
import { useTriage } from "./triage";

const OPEN: View[] = ["open", "gaps"];
const DONE: View[] = ["fixed", "verified", "not_a_fault"];

export function Views() {
  return (
    <div className="mt-3 min-h-0 flex-1 overflow-auto tight:mt-0 tight:flex tight:flex-none">
      <Some words={strings.triage.states.open} of={OPEN} />
      <Some words={strings.triage.done} of={DONE} />
    </div>
  );
}

function Some({ words, of }: { words: string; of: View[] }) {
  const { view, setView, counts } = useTriage();
  return (
    <div role="group" aria-label={words} className="tight:flex">
      <h2 className="px-2 pt-3 pb-1 text-[11px] font-semibold text-faint first-letter:uppercase tight:hidden">
        {words}
      </h2>
      {of.map((v) => (
        <button
          type="button"
          key={v}
          aria-current={v === view ? "true" : undefined}
          onClick={() => setView(v)}
          className={cx(
            "block w-full truncate rounded-md px-2 py-1.5 text-left text-[13px] tight:w-auto",
            v === view ? "font-medium text-ink" : "text-soft hover:text-ink",
          )}
        >
          {strings.triage.view(strings.triage.views[v], counts[v])}
        </button>
      ))}
    </div>
  );
}
