// The first start on this device: the one thing to do, three keys, and where help is. Once shown, never again.
import { useEffect, useState } from "react";
import { strings } from "../shared/strings";
import { Kbd } from "../shared/ui";

const KEY = "mortar.started";

const KEYS = [
  ["Enter", strings.firstKeys.ask],
  ["mod+enter", strings.firstKeys.copy],
  ["mod+K", strings.firstKeys.find],
] as const;

export function FirstStart() {
  const [first] = useState(() => localStorage.getItem(KEY) === null);
  useEffect(() => localStorage.setItem(KEY, "1"), []);
  if (!first) return null;
  return (
    <section aria-label={strings.firstStart} className="mb-5 rounded-xl border border-line bg-panel px-4 py-3">
      <h2 className="mb-2 text-[13px] font-semibold">{strings.firstStart}</h2>
      <ul className="mb-2 flex flex-col gap-1.5 text-[13px] text-soft">
        {KEYS.map(([keys, words]) => (
          <li key={keys} className="flex items-center gap-2.5">
            <span className="w-14">
              <Kbd keys={keys} />
            </span>
            {words}
          </li>
        ))}
      </ul>
      <p className="text-[12.5px] text-faint">
        {strings.firstHelp[0]} <Kbd keys="F1" /> {strings.firstHelp[1]}
      </p>
    </section>
  );
}
