// A document's head: what it is, which version, when it is in force.
import type { Document, Provenance } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useStatus } from "../session/status";
import { useSaid } from "../shared/said";
import { day, strings } from "../shared/strings";
import { cx, shortcut } from "../shared/ui";
import { inForce, notInForce } from "./in-force";
import { useShelf } from "./shelf";

/** The file, and where in it. */
const standing = ({ file, place }: Provenance, page?: number | null) =>
  [file, place, page && strings.page(page)].filter(Boolean).join(", ");

export function DocumentHead({ document, page }: { document: Document; page?: number | null }) {
  const backend = useBackend();
  const { fail } = useSaid();
  const { today } = useStatus();
  const { pinned, pin } = useShelf();
  const isPinned = pinned.some((d) => d.id === document.id);
  const warning = notInForce(document, today);
  return (
    <header className="border-b border-line px-5 pt-[18px] pb-3">
      <div className="mb-1.5 flex items-start gap-3 narrow:pr-5">
        <h2 className="min-w-0 flex-1 text-[15px] leading-[1.35] font-semibold break-words">{document.title}</h2>
        <button
          type="button"
          aria-pressed={isPinned}
          aria-keyshortcuts={shortcut("mod+shift+P")}
          onClick={() => pin(document)}
          className={cx(
            "rounded px-1 text-[12px] leading-[20px] print:hidden hover:text-ink",
            isPinned ? "font-semibold text-accent" : "text-soft",
          )}
        >
          <span aria-hidden>{isPinned ? "◆ " : "◇ "}</span>
          {strings.pin}
        </button>
      </div>
      <div className="flex flex-wrap gap-x-3.5 gap-y-1 text-[12px] text-soft">
        <span>{strings.kinds[document.kind]}</span>
        <span>
          {strings.version} <b className="font-medium text-ink">{document.version}</b>
        </span>
        <span>
          {strings.effective} <b className="font-medium text-ink">{inForce(document)}</b>
        </span>
        {document.source && (
          <span>
            {strings.from} <b className="font-medium text-ink">{standing(document.source, page)}</b>
            {document.source.read && `, ${strings.readOn(day(document.source.read))}`}
          </span>
        )}
        {document.url && (
          <button
            type="button"
            className="text-accent hover:underline print:hidden"
            title={document.url}
            onClick={() => backend.openLink(document.url ?? "").catch(fail)}
          >
            {strings.openOriginal}
          </button>
        )}
      </div>
      {warning && (
        <p className="mt-2 rounded-lg bg-warn-bg px-2.5 py-1.5 text-[12.5px] font-medium text-warn">▲ {warning}</p>
      )}
      {document.history && <p className="mt-2 text-[12.5px] text-soft">{document.history}</p>}
    </header>
  );
}
