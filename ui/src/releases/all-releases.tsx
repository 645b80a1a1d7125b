// The store's releases in the left column, the newest first, and which channel shows them.
import { strings } from "../shared/strings";
import { useReviewing } from "./reviewing";

const words = strings.reviewing;

/** Older ones are a list of the command line. */
const SHOWN = 40;

export function AllReleases() {
  const { store } = useReviewing();
  const releases = store.data?.releases ?? [];
  return (
    <div
      className="mt-3 min-h-0 flex-1 overflow-auto tight:hidden"
      tabIndex={0}
      role="region"
      aria-label={words.allReleases}
    >
      {releases.length > 0 && (
        <h2 className="px-2 pt-3 pb-1 text-[11px] font-semibold text-faint">{words.allReleases}</h2>
      )}
      <ul>
        {releases.slice(0, SHOWN).map((r) => (
          <li key={r.number} title={r.notes} className="truncate px-2 py-1.5 text-[13px] text-soft">
            <span className="tabular-nums">{r.number}</span> {r.notes}
            {r.channels.length > 0 && <b className="font-medium text-ink"> {r.channels.join(", ")}</b>}
          </li>
        ))}
      </ul>
    </div>
  );
}
