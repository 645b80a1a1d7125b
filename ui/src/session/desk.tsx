// One tenant opened: what all of the window shares, and where its parts stand.
import { type ReactNode, useEffect } from "react";
import { LabelOf } from "../answer/labelling";
import { Announced } from "../ask/announced";
import { AskScreen } from "../ask/ask-screen";
import { ConversationProvider } from "../ask/conversation";
import { NameSheet } from "../ask/name-sheet";
import { NamedProvider } from "../ask/named";
import type { Status } from "../backend/backend";
import { useBackend } from "../backend/context";
import { BrowseScreen } from "../browse/browse-screen";
import { FilterProvider } from "../browse/filter";
import { TicksProvider } from "../browse/ticks";
import { FixedInSheet, NotAFaultSheet } from "../feedback/decide-sheets";
import { FeedbackScreen } from "../feedback/feedback-screen";
import { TriageProvider } from "../feedback/triage";
import { KnowledgeSheet } from "../releases/knowledge-sheet";
import { PromoteSheet } from "../releases/promote-sheet";
import { ReleasesScreen } from "../releases/releases-screen";
import { ReviewingProvider } from "../releases/reviewing";
import { UpdatesProvider } from "../releases/updating";
import { SaidProvider } from "../shared/said";
import { cx } from "../shared/ui";
import { ShelfProvider } from "../sources/shelf";
import { SourceProvider } from "../sources/showing";
import { SourcePanel } from "../sources/source-panel";
import { AccountProvider } from "./account";
import { History } from "./history";
import { Keyboard } from "./keyboard";
import { Nav } from "./nav";
import { NavigationProvider, useNavigation } from "./navigation";
import { Settings } from "./settings";
import { SheetsProvider, useOpenSheet } from "./sheets";
import { StatusProvider, useStatus } from "./status";
import { StatusBar } from "./status-bar";
import { useToQuestion } from "./to-question";

type Props = { first: Status; onReopen: () => void };

export function Desk({ first, onReopen }: Props) {
  return (
    <Shared first={first}>
      <Frame />
      <OpenSheet onReopen={onReopen} />
      <Keyboard />
      <Announced />
    </Shared>
  );
}

/** Each knows only those around it. */
function Shared({ first, children }: { first: Status; children: ReactNode }) {
  return (
    <SaidProvider>
      <StatusProvider first={first}>
        <NavigationProvider>
          <SheetsProvider>
            <AccountProvider>
              <UpdatesProvider>
                <ConversationProvider>
                  <NamedProvider>
                    <SourceProvider>
                      <FilterProvider>
                        <ShelfProvider>
                          <TicksProvider>
                            <ReviewingProvider own={first.knowledge?.channel ?? null}>
                              <TriageProvider>{children}</TriageProvider>
                            </ReviewingProvider>
                          </TicksProvider>
                        </ShelfProvider>
                      </FilterProvider>
                    </SourceProvider>
                  </NamedProvider>
                </ConversationProvider>
              </UpdatesProvider>
            </AccountProvider>
          </SheetsProvider>
        </NavigationProvider>
      </StatusProvider>
    </SaidProvider>
  );
}

/** Where am I, what do I tell the patient, where does it come from. */
function Frame() {
  const { screen } = useNavigation();
  useSummoned();
  return (
    <div
      className={cx(
        "grid h-full print:block grid-rows-[minmax(0,1fr)_30px] tight:grid-rows-[auto_minmax(0,1fr)_30px]",
        screen === "feedback"
          ? "grid-cols-[216px_minmax(0,1fr)_minmax(384px,0.62fr)] narrow:grid-cols-[196px_minmax(0,1fr)_minmax(300px,0.9fr)] tight:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]"
          : screen !== "browse"
            ? "grid-cols-[216px_minmax(0,1fr)_384px] narrow:grid-cols-[196px_minmax(0,1fr)] tight:grid-cols-[minmax(0,1fr)]"
            : "grid-cols-[216px_minmax(300px,0.85fr)_minmax(0,1fr)] narrow:grid-cols-[196px_minmax(0,0.8fr)_minmax(0,1fr)] tight:grid-cols-[minmax(0,0.8fr)_minmax(0,1fr)]",
      )}
    >
      <Nav />
      <AskScreen />
      <SourcePanel />
      <BrowseScreen />
      <ReleasesScreen />
      <FeedbackScreen />
      <StatusBar />
    </div>
  );
}

/** The hotkey brought the window up: somebody asks. */
function useSummoned() {
  const backend = useBackend();
  const toQuestion = useToQuestion();
  useEffect(() => backend.onSummoned(toQuestion), [backend, toQuestion]);
}

/** The keyboard's own two sheets are beside its commands. */
function OpenSheet({ onReopen }: { onReopen: () => void }) {
  const sheet = useOpenSheet();
  const { knowledge } = useStatus();
  if (sheet === "settings") return <Settings onReopen={onReopen} />;
  if (sheet === "name") return <NameSheet />;
  if (sheet === "fixedIn") return <FixedInSheet />;
  if (sheet === "notAFault") return <NotAFaultSheet />;
  if (sheet === "history") return <History />;
  if (sheet === "promote") return <PromoteSheet />;
  if (sheet === "knowledge") return knowledge && <KnowledgeSheet knowledge={knowledge} />;
  if (sheet !== null && typeof sheet !== "string") return <LabelOf {...sheet} />;
  return null;
}
