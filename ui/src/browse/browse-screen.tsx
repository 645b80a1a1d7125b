// Browse: every document offline, by kind and tag, found as one types, read like a page.
import { useState } from "react";
import { PreviewLine } from "../releases/preview-line";
import { StaleLine } from "../releases/stale-line";
import { useNavigation } from "../session/navigation";
import { strings } from "../shared/strings";
import { DocumentList } from "./document-list";
import { Reader } from "./reader";

/** Made when it is first wanted, and stays: ticked steps and places are not lost by a glance at Ask. */
export function BrowseScreen() {
  const { screen } = useNavigation();
  const shown = screen === "browse";
  const [made, setMade] = useState(shown);
  if (shown && !made) setMade(true);
  if (!made) return null;
  return (
    <>
      <main hidden={!shown} className="flex min-h-0 min-w-0 flex-col print:hidden" aria-label={strings.browse}>
        <PreviewLine />
        <StaleLine narrow />
        <DocumentList />
      </main>
      <aside
        hidden={!shown}
        aria-label={strings.sourcePanel}
        className="flex min-h-0 min-w-0 flex-col border-l border-line bg-panel print:border-0"
      >
        <Reader />
      </aside>
    </>
  );
}
