// One document of the list.
import type { VirtualItem } from "@tanstack/react-virtual";
import type { DocumentRow } from "../backend/backend";
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { notInForce } from "../sources/in-force";
import { useFilter } from "./filter";

type Props = { document: DocumentRow; place: VirtualItem; chosen: boolean; count: number };

export function Row({ document: d, place, chosen, count }: Props) {
  const { today } = useStatus();
  const { choose } = useFilter();
  const warning = notInForce(d, today);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box around it has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the list box around it has the focus
    <div
      id={`row-${place.index}`}
      role="option"
      aria-selected={chosen}
      aria-setsize={count}
      aria-posinset={place.index + 1}
      onClick={() => choose(d.id)}
      style={{ position: "absolute", top: place.start, height: place.size - 2, left: 0, right: 0 }}
      className={cx("rounded-lg px-2.5 py-1 leading-[1.4]", chosen ? "bg-accent-bg" : "hover:bg-panel")}
    >
      <span className={cx("block truncate text-[13.5px] text-ink", chosen && "font-medium")}>{d.title}</span>
      <span className="block truncate text-[12px] text-faint">
        {warning ? <b className="font-medium text-warn">▲ {warning}</b> : strings.kinds[d.kind]}
        {d.tags.length > 0 && ` · ${d.tags.join(", ")}`}
      </span>
    </div>
  );
}
