// The left column: the screens, what belongs to each, the settings.
import { useQuery } from "@tanstack/react-query";
import { memo } from "react";
import { useAsking, useConversation } from "../ask/conversation";
import { apart } from "../ask/titles";
import type { ConversationRow } from "../backend/backend";
import { useBackend } from "../backend/context";
import { Facets } from "../browse/facets";
import { useBrowsing } from "../browse/filter";
import { Views } from "../feedback/views";
import { AllReleases } from "../releases/all-releases";
import { strings } from "../shared/strings";
import { cx, Kbd, shortcut } from "../shared/ui";
import { type Kept, useShelf } from "../sources/shelf";
import { Logo } from "./logo";
import { useNavigation } from "./navigation";
import { useSheets } from "./sheets";
import { useStatus } from "./status";

export function Nav() {
  const { screen, go } = useNavigation();
  const { show } = useSheets();
  const { knowledge } = useStatus();
  return (
    <nav
      aria-label={strings.navigation}
      className="flex min-h-0 flex-col gap-0.5 print:hidden border-r border-line px-2.5 py-3.5 tight:col-span-full tight:flex-row tight:border-r-0 tight:border-b tight:py-1"
    >
      <div className="pb-3 tight:hidden">
        <Logo />
      </div>
      <NavButton words={strings.ask} keys="mod+1" on={screen === "ask"} onClick={() => go("ask")} />
      <NavButton words={strings.browse} keys="mod+2" on={screen === "browse"} onClick={() => go("browse")} />
      {knowledge && (
        <NavButton
          words={strings.reviewing.releases}
          keys="mod+3"
          on={screen === "releases"}
          onClick={() => go("releases")}
        />
      )}
      <NavButton
        words={strings.triage.feedback}
        keys="mod+4"
        on={screen === "feedback"}
        onClick={() => go("feedback")}
      />
      {screen === "browse" ? (
        <Facets />
      ) : screen === "releases" ? (
        <AllReleases />
      ) : screen === "feedback" ? (
        <Views />
      ) : (
        <Day />
      )}
      <NavButton words={strings.settings} keys="mod+," onClick={() => show("settings")} />
    </nav>
  );
}

/** The day's conversations. */
function Day() {
  const backend = useBackend();
  const { records_problem } = useStatus();
  const { id, running } = useConversation();
  const { show, fresh } = useAsking();
  const { pinned, recent } = useShelf();
  const { data } = useQuery({
    queryKey: ["conversations"],
    queryFn: () => backend.conversations(),
    enabled: !records_problem,
  });
  return (
    <div className="mt-3 min-h-0 flex-1 overflow-auto tight:mt-0 tight:flex-none">
      <NavButton words={strings.newConversation} keys="mod+N" onClick={fresh} />
      {/* Where there is no room for them, the palette finds them. */}
      {data && data.length > 0 && <Conversations rows={data} id={id} running={running} onShow={show} />}
      <Shelved words={strings.pinned} of={pinned} />
      <Shelved words={strings.readLast} of={recent.filter((r) => !pinned.some((p) => p.id === r.id))} />
    </div>
  );
}

type ListProps = { rows: ConversationRow[]; id: string | null; running: boolean; onShow: (id: string) => void };

/** Of an answer that comes it shows nothing, and is not drawn for it. */
const Conversations = memo(function Conversations({ rows, id, running, onShow }: ListProps) {
  const titles = apart(rows.map((c) => c.title));
  return (
    <div className="tight:hidden">
      <h2 className="px-2 pt-3 pb-1 text-[11px] font-semibold text-faint">{strings.today}</h2>
      {rows.map((c, i) => (
        <button
          type="button"
          key={c.id}
          title={c.title}
          aria-current={c.id === id ? "true" : undefined}
          disabled={running}
          onClick={() => c.id !== id && onShow(c.id)}
          className={cx(
            "block w-full truncate rounded-md px-2 py-1.5 text-left text-[13px]",
            c.id === id ? "font-medium text-ink" : "text-soft hover:text-ink",
          )}
        >
          {strings.namedTitle(c.name, titles[i] ?? c.title)}
        </button>
      ))}
    </div>
  );
});

function Shelved({ words, of }: { words: string; of: Kept[] }) {
  const { read } = useBrowsing();
  if (of.length === 0) return null;
  return (
    <div role="group" aria-label={words} className="tight:hidden">
      <h2 className="px-2 pt-3 pb-1 text-[11px] font-semibold text-faint">{words}</h2>
      {of.map((d) => (
        <button
          type="button"
          key={d.id}
          title={d.title}
          onClick={() => read(d.id, null)}
          className="block w-full truncate rounded-md px-2 py-1.5 text-left text-[13px] text-soft hover:text-ink"
        >
          {d.title}
        </button>
      ))}
    </div>
  );
}

type ButtonProps = { words: string; keys: string; on?: boolean; onClick: () => void };

function NavButton({ words, keys, on, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      aria-current={on ? "page" : undefined}
      aria-keyshortcuts={shortcut(keys)}
      onClick={onClick}
      className={cx(
        "flex w-full items-center justify-between gap-2 rounded-[7px] px-2 py-1.5 text-left tight:w-auto",
        on ? "bg-accent-bg font-semibold text-accent" : "text-soft hover:text-ink",
      )}
    >
      {words} <Kbd keys={keys} hint />
    </button>
  );
}
