// Every action has a key, a line in the palette and a line on the sheet: one list makes all three.
import { useQueryClient } from "@tanstack/react-query";
import { isOfCode } from "../answer/refusal";
import { useAsking, useConversation } from "../ask/conversation";
import type { Document, Verdict } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useBrowsing } from "../browse/filter";
import { useTriage } from "../feedback/triage";
import { useDoing } from "../releases/reviewing";
import { useUpdating } from "../releases/updating";
import { useHome } from "../shared/focus";
import { usePreferences, zoomed } from "../shared/preferences";
import { useSaid } from "../shared/said";
import { strings } from "../shared/strings";
import { useShelf } from "../sources/shelf";
import { useChoice, useSource } from "../sources/showing";
import { useAccount } from "./account";
import { type TextHandle, useFields, useNavigation } from "./navigation";
import { useSheets } from "./sheets";
import { useStatus } from "./status";
import { useToQuestion } from "./to-question";

export type Command = {
  id: keyof typeof strings.commands;
  /** As Kbd shows it. */
  keys: string;
  /** Another key, for where the first would be typed. */
  also?: string;
  /** Forwards (1) or back (-1), where it goes somewhere. */
  run: (by: 1 | -1) => void;
  /** Now possible; not shown in the palette otherwise. */
  able?: boolean;
  /** Also while a sheet has the keys. */
  through?: boolean;
};

export function useCommands(): Command[] {
  const { screen } = useNavigation();
  const [going, answering, reading, releasing, deciding, session] = [
    useGoing(),
    useAnswering(),
    useReading(),
    useReleasing(),
    useDeciding(),
    useSession(),
  ];
  // Letters that are keys there are typed elsewhere.
  const here = screen === "releases" ? releasing : screen === "feedback" ? deciding : [...answering, ...reading];
  return [...going, ...here, ...session];
}

/** What is done with the change that is looked at. */
function useReleasing(): Command[] {
  const { move, compare, stop, mark, golden, promote } = useDoing();
  const toQuestion = useToQuestion();
  const both = () => document.getElementById("ask-both")?.focus();
  return [
    { id: "nextChange", keys: "J", run: () => move(1) },
    { id: "lastChange", keys: "K", run: () => move(-1) },
    { id: "wanted", keys: "Y", run: () => mark("wanted") },
    { id: "unwanted", keys: "N", run: () => mark("unwanted") },
    { id: "irrelevant", keys: "I", run: () => mark("irrelevant") },
    { id: "golden", keys: "G", run: golden },
    { id: "compareReleases", keys: "C", run: compare },
    { id: "promote", keys: "P", run: promote },
    { id: "both", keys: "B", run: both },
    { id: "stopReleases", keys: "Esc", run: () => stop() || toQuestion() },
  ];
}

/** What is done with what operators found. */
function useDeciding(): Command[] {
  const { chosen, move, moveLabel, askAgain, reopen, pull } = useTriage();
  const { show } = useSheets();
  const toQuestion = useToQuestion();
  const state = chosen?.state;
  return [
    { id: "nextFound", keys: "J", run: () => move(1) },
    { id: "lastFound", keys: "K", run: () => move(-1) },
    { id: "nextLabel", keys: "alt+up/down", run: moveLabel, able: (chosen?.labels.length ?? 0) > 1 },
    { id: "fixedIn", keys: "F", run: () => show("fixedIn"), able: state === "open" },
    { id: "notAFault", keys: "X", run: () => show("notAFault"), able: state === "open" },
    { id: "askAgain", keys: "R", run: askAgain, able: state === "fixed" },
    { id: "reopen", keys: "O", run: reopen, able: state !== undefined && state !== "open" },
    { id: "pull", keys: "mod+R", run: pull },
    { id: "leaveFeedback", keys: "Esc", run: toQuestion },
  ];
}

/** Where the operator goes, and what is asked there. */
function useGoing(): Command[] {
  const { screen, go } = useNavigation();
  const home = useHome();
  const { show } = useSheets();
  const { fresh, checkWords, checkPasted } = useAsking();
  const { browse } = useBrowsing();
  const { current } = useConversation();
  const { knowledge } = useStatus();
  const ofCode = screen === "ask" && current?.refused && current.answer && isOfCode(current.answer);
  return [
    { id: "focus", keys: "/", run: home },
    { id: "new", keys: "mod+N", run: fresh },
    { id: "name", keys: "mod+shift+N", run: () => show("name") },
    { id: "checkWords", keys: "mod+E", run: () => checkWords("") },
    { id: "checkPasted", keys: "mod+shift+E", run: checkPasted },
    { id: "ask", keys: "mod+1", through: true, run: useToQuestion() },
    // As the button below a refusal.
    { id: "feedback", keys: "mod+4", run: () => go("feedback") },
    { id: "browse", keys: "mod+2", run: () => (ofCode ? browse("code") : go("browse")) },
    ...(knowledge ? [{ id: "releases" as const, keys: "mod+3", run: () => go("releases") }] : []),
  ];
}

/** What is done with the answer that the operator is at. */
function useAnswering(): Command[] {
  const backend = useBackend();
  const { screen } = useNavigation();
  const { texts } = useFields();
  const { current, running } = useConversation();
  const { submit, goOn, cards } = useAsking();
  const { folded } = useSource();
  const { fold } = useChoice();
  const { show } = useSheets();
  const browsing = useBrowsing();
  const { warn } = useSaid();
  const { records_problem } = useStatus();
  const home = useHome();
  const asking = screen === "ask";
  const written = asking && current?.state === "done" && !current.refused;
  const answered = written && !current.own;
  const kept = Boolean(current?.exchange);
  const card = () => (current ? cards.get(current.key) : undefined);
  const back = () => {
    if (texts[screen].current?.letGo()) return;
    if (!asking) browsing.back();
    else if (running) backend.stop();
    else if (!folded) fold();
    else if (![...cards.values()].some((c) => c.letGo())) home();
  };
  const label = (verdict: Verdict) => {
    if (!current) return;
    if (kept) show({ turn: current, verdict });
    else warn(strings.whyNoLabel(records_problem !== null));
  };
  return [
    {
      id: "again",
      keys: "mod+R",
      run: () => current && submit(current.question),
      able: current !== null && !current.own && !running,
    },
    {
      id: "goOn",
      keys: "mod+shift+R",
      run: () => current && goOn(current),
      able: answered && Boolean(current.answer?.incomplete) && kept && !running,
    },
    { id: "stop", keys: "Esc", run: back },
    { id: "copy", keys: "mod+enter", run: () => card()?.copy(false), able: written },
    { id: "copySources", keys: "mod+shift+enter", run: () => card()?.copy(true), able: written },
    { id: "forCustomer", keys: "mod+J", run: () => card()?.forCustomer(), able: answered },
    { id: "compare", keys: "mod+D", run: () => card()?.compare(), able: answered },
    { id: "good", keys: "mod+G", run: () => label("good"), able: answered },
    { id: "bad", keys: "mod+B", run: () => label("bad"), able: asking && current?.state === "done" && !current.own },
    { id: "nextSentence", keys: "alt+up/down", run: (by) => card()?.move(by), able: written },
  ];
}

/** What is done with the document that is read. */
function useReading(): Command[] {
  const { screen } = useNavigation();
  const { texts } = useFields();
  const { toggle } = useChoice();
  const { folded, shown } = useSource();
  const browsing = useBrowsing();
  const client = useQueryClient();
  const { pin } = useShelf();
  const { warn } = useSaid();
  const pinThis = () => {
    const id = screen === "ask" ? shown?.document : browsing.reading();
    const document = id && client.getQueryData<Document>(["document", id]);
    if (document) pin(document);
    else warn(strings.nothingOpen);
  };
  const reading = (then: (text: TextHandle) => void) => () => {
    const text = texts[screen].current;
    if (!text) return warn(strings.nothingOpen);
    if (screen === "ask" && folded) toggle();
    // Where it was folded away, it is there first.
    setTimeout(() => then(text));
  };
  return [
    { id: "source", keys: "mod+.", run: toggle, able: screen === "ask" },
    { id: "findHere", keys: "mod+F", run: reading((text) => text.find()) },
    { id: "print", keys: "mod+P", run: reading(() => window.print()) },
    { id: "pin", keys: "mod+shift+P", run: pinThis },
  ];
}

/** What the window itself offers. */
function useSession(): Command[] {
  const { show } = useSheets();
  const { knowledge, records_problem } = useStatus();
  const { connection, signingIn } = useAccount();
  const { signIn } = useAsking();
  const { check } = useUpdating();
  const { preferences, prefer } = usePreferences();
  const zoom = (to: number) => prefer({ ...preferences, zoom: to });
  return [
    { id: "signIn", keys: "mod+L", run: signIn, able: Boolean(connection?.needs_sign_in) && !signingIn },
    { id: "update", keys: "mod+U", run: check, able: knowledge !== null },
    { id: "larger", keys: "mod+plus", through: true, run: () => zoom(zoomed(preferences.zoom, 1)) },
    { id: "smaller", keys: "mod+minus", through: true, run: () => zoom(zoomed(preferences.zoom, -1)) },
    { id: "usual", keys: "mod+0", through: true, run: () => zoom(100) },
    { id: "history", keys: "mod+H", run: () => show("history"), able: records_problem === null },
    { id: "settings", keys: "mod+,", run: () => show("settings") },
    { id: "palette", keys: "mod+K", run: () => show("palette") },
    { id: "keys", keys: "?", also: "F1", run: () => show("keys") },
  ];
}
