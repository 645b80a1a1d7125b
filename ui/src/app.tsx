// The frame: where am I, what do I tell the patient, where does it come from.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { CardHandle } from "./answer/answer-card";
import { LabelSheet } from "./answer/label-sheet";
import { Empty, type FieldHandle, QuestionField } from "./ask/ask";
import { TurnView } from "./ask/turn-view";
import { type Turn, useConversation } from "./ask/turns";
import { asError, type DeskError, type Opening as Progress, type Status, type Verdict } from "./backend/backend";
import { useBackend } from "./backend/context";
import { DocumentList, EVERYTHING, Facets, Reader } from "./browse/browse";
import { KnowledgeSheet } from "./releases/knowledge-sheet";
import { StaleLine } from "./releases/release-piece";
import { useSince } from "./releases/since";
import { useSwitched } from "./releases/switched";
import { createUpdates } from "./releases/updates";
import { type Command, CommandPalette, KeysSheet, useKeys } from "./session/commands";
import { useAccount } from "./session/connection";
import { Logo } from "./session/logo";
import { Opening } from "./session/opening";
import { Settings } from "./session/settings";
import { StatusBar } from "./session/status-bar";
import { usePreferences } from "./shared/preferences";
import { strings } from "./shared/strings";
import { cx, Kbd } from "./shared/ui";
import { type Shown, SourcePanel, shownCitation, shownPassage } from "./sources/source-panel";

/** The first words of an answer have so many ms before its source is drawn, which keeps the page busy. */
const WORDS_FIRST = 100;

export function App() {
  const backend = useBackend();
  const [preferences, setPreferences] = usePreferences();
  const [status, setStatus] = useState<Status | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<DeskError | null>(null);
  const open = useCallback(() => {
    setError(null);
    setProgress(null);
    backend.open(setProgress).then(setStatus, (e) => setError(asError(e)));
  }, [backend]);
  useEffect(open, [open]);
  const client = useQueryClient();
  // Another tenant, or this one anew: nothing of before may be seen.
  const reopen = useCallback(() => {
    setStatus(null);
    client.clear();
    open();
  }, [client, open]);
  if (!status) return <Opening progress={progress} error={error} onAgain={open} />;
  return (
    <Desk
      key={status.tenant}
      first={status}
      preferences={preferences}
      setPreferences={setPreferences}
      onReopen={reopen}
    />
  );
}

type DeskProps = {
  first: Status;
  preferences: ReturnType<typeof usePreferences>[0];
  setPreferences: ReturnType<typeof usePreferences>[1];
  onReopen: () => void;
};

function Desk({ first, preferences, setPreferences, onReopen }: DeskProps) {
  const backend = useBackend();
  const client = useQueryClient();
  const { data: status = first } = useQuery({
    queryKey: ["status"],
    queryFn: () => backend.status(),
    initialData: first,
    refetchInterval: 60_000,
  });
  const day = useQuery({
    queryKey: ["conversations"],
    queryFn: () => backend.conversations(),
    enabled: !status.records_problem,
  });
  const refresh = useCallback(() => {
    client.invalidateQueries({ queryKey: ["status"] });
    client.invalidateQueries({ queryKey: ["conversations"] });
  }, [client]);
  const [said, setSaid] = useState<{ words: string; bad: boolean } | null>(null);
  const asked = useCallback(
    (kept: boolean) => {
      if (!kept && !status.records_problem) setSaid({ words: strings.notKeptThis, bad: true });
      refresh();
    },
    [refresh, status.records_problem],
  );
  const { conversation, running, ask, goOn, show, reset, dispatch } = useConversation(asked);
  const { turns } = conversation;

  const [screen, setScreen] = useState<"ask" | "browse">("ask");
  const [filter, setFilter] = useState(EVERYTHING);
  const [currentKey, setCurrentKey] = useState<string | null>(null);
  const [sentence, setSentence] = useState<number | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  // A long source is drawn when there is time for it.
  const source = useDeferredValue(shown);
  const [folded, setFolded] = useState(true);
  const [sheet, setSheet] = useState<"settings" | "keys" | "palette" | "knowledge" | null>(null);
  const [labelling, setLabelling] = useState<{ turn: Turn; verdict: Verdict } | null>(null);
  // Browse is made when it is first wanted, and stays: ticked steps and places are not lost by a glance at Ask.
  const [browsed, setBrowsed] = useState(false);
  useEffect(() => {
    if (screen === "browse") setBrowsed(true);
  }, [screen]);

  const field = useRef<FieldHandle>(null);
  const findField = useRef<HTMLInputElement>(null);
  const cards = useRef(new Map<string, CardHandle>());
  const focus = useCallback(
    () => setTimeout(() => (screen === "ask" ? field.current : findField.current)?.focus(), 0),
    [screen],
  );

  const say = useCallback((words: string) => setSaid({ words, bad: false }), []);
  const fail = useCallback((e: unknown) => setSaid({ words: asError(e).message, bad: true }), []);
  const account = useAccount(status.on_aws, fail);

  const [updates] = useState(() => createUpdates(backend, () => client.invalidateQueries({ queryKey: ["status"] })));
  // Before anything is drawn: what is told first is not missed.
  useLayoutEffect(() => updates.follow(), [updates]);
  const knowledgeShown = useRef(false);
  knowledgeShown.current = sheet === "knowledge";
  useSwitched(
    // The sheet says it itself.
    useCallback((number) => !knowledgeShown.current && say(strings.switchedTo(number)), [say]),
  );
  const check = async () => {
    setSheet("knowledge");
    const end = await updates.begin();
    if (knowledgeShown.current || !end) return;
    if (end.state === "failed") fail(end.error);
    else if (end.state === "done" && !end.report.changed) say(strings.synced(end.report));
    else return;
    updates.seen();
  };
  useEffect(() => {
    if (!said) return;
    const t = setTimeout(() => setSaid(null), said.bad ? 8000 : 2500);
    return () => clearTimeout(t);
  }, [said]);

  useEffect(() => {
    focus();
  }, [focus]);
  useEffect(
    () =>
      backend.onSummoned(() => {
        setScreen("ask");
        setSheet(null);
        setTimeout(() => field.current?.focus(), 30);
      }),
    [backend],
  );

  const current = turns.find((t) => t.key === currentKey) ?? turns[turns.length - 1] ?? null;

  const since = useSince(current, status.release);

  const seen = useRef<string | null>(null);
  /** The turn whose source was shown already: another one is the operator's choice. */
  const sourced = useRef<string | null>(null);
  const currentNow = useRef<string | null>(null);
  currentNow.current = current?.key ?? null;
  // The newest answer's first source is read at once; the first sentence lights up when it is there.
  const last = turns[turns.length - 1];
  const lastKey = last?.key;
  const firstPassage = last?.passages[0];
  const lastRefused = last?.refused ?? false;
  const firstSentence = last?.sentences[0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the newest turn only
  useEffect(() => {
    if (!last) return setShown(null);
    const isNew = seen.current !== last.key;
    seen.current = last.key;
    if (isNew) setCurrentKey(last.key);
    // The operator has gone back to an older answer, and stays there.
    else if (current?.key !== last.key) return;
    if (lastRefused) {
      setShown(null);
      setSentence(null);
    } else if (firstSentence?.citations[0]) {
      sourced.current = last.key;
      setSentence(0);
      setShown(shownCitation(firstSentence.citations[0], last.passages));
    } else if (firstPassage?.carries && sourced.current !== last.key) {
      const first = { ...shownPassage(firstPassage), range: null };
      const soon = setTimeout(() => {
        // What the operator chose meanwhile stays: a source, or another answer.
        if (currentNow.current !== last.key) return;
        sourced.current = last.key;
        setShown((now) => (now === shown ? first : now));
      }, WORDS_FIRST);
      return () => clearTimeout(soon);
    }
  }, [lastKey, firstPassage?.id, firstSentence?.text, lastRefused]);

  // What could not be answered is not lost: it stands in the field again, to be changed or shortened.
  const failedKey = last?.state === "failed" ? last.key : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each failure
  useLayoutEffect(() => {
    if (failedKey && last) field.current?.change((now) => now || last.question);
    // The program counted the days itself; the bar must not say otherwise.
    if (last?.error?.code === "too_stale") refresh();
  }, [failedKey]);

  const submit = useCallback(
    (question: string) => {
      if (running || question.trim() === "") return;
      setScreen("ask");
      // What was typed meanwhile is another question, and stays.
      field.current?.change((now) => (now === question ? "" : now));
      setSentence(null);
      ask(question);
      focus();
    },
    [running, ask, focus],
  );
  const again = () => current && submit(current.question);
  const goOnWith = async (turn: Turn) => {
    if (running || !turn.exchange) return;
    // It goes on from the text as it is kept: what was typed just now belongs to it.
    await cards.current.get(turn.key)?.settle();
    await goOn(turn, turn.exchange.id, fail);
    refresh();
  };
  // What the operator was doing goes on: the last answer that lacked the sign-in is asked for again, or
  // goes on where it broke off.
  const signIn = async () => {
    if (!(await account.signIn())) return;
    say(strings.signedIn);
    refresh();
    const now = turns[turns.length - 1];
    if (!now?.notices.some((n) => n.fault === "sign_in")) return;
    if (now.answer?.incomplete && now.exchange) goOnWith(now);
    else if (now.text === now.draft) submit(now.question);
  };
  const fresh = () => {
    if (running) backend.stop();
    reset();
    setShown(null);
    setScreen("ask");
    setTimeout(() => field.current?.focus(), 0);
  };
  const label = (verdict: Verdict) => {
    if (!current?.exchange) return;
    if (verdict === "good" && current.refused) return;
    setLabelling({ turn: current, verdict });
  };
  const card = () => (current ? cards.current.get(current.key) : undefined);
  const answered = screen === "ask" && current?.state === "done" && !current.refused;
  const browse = (id: string | null, kind = filter.kind) => {
    setFilter({ ...EVERYTHING, kind, document: id ?? filter.document });
    setScreen("browse");
  };

  const commands: Command[] = [
    { id: "focus", keys: "/", run: focus },
    { id: "new", keys: "mod+N", run: fresh },
    { id: "ask", keys: "mod+1", run: () => setScreen("ask") },
    { id: "browse", keys: "mod+2", run: () => setScreen("browse") },
    { id: "again", keys: "mod+R", run: again, able: Boolean(current) && !running },
    {
      id: "goOn",
      keys: "mod+shift+R",
      run: () => current && goOnWith(current),
      able: answered && Boolean(current?.answer?.incomplete && current.exchange) && !running,
    },
    { id: "stop", keys: "Esc", run: () => (running ? backend.stop() : setFolded(true)), able: running || !folded },
    { id: "copy", keys: "mod+enter", run: () => card()?.copy(false), able: answered },
    { id: "copySources", keys: "mod+shift+enter", run: () => card()?.copy(true), able: answered },
    { id: "compare", keys: "mod+D", run: () => card()?.compare(), able: answered },
    { id: "good", keys: "mod+G", run: () => label("good"), able: answered && Boolean(current?.exchange) },
    { id: "bad", keys: "mod+B", run: () => label("bad"), able: screen === "ask" && Boolean(current?.exchange) },
    { id: "nextSentence", keys: "alt+up/down", run: () => card()?.move(1), able: answered },
    { id: "source", keys: "mod+.", run: () => setFolded((f) => !f), able: screen === "ask" },
    {
      id: "signIn",
      keys: "mod+L",
      run: signIn,
      able: Boolean(account.connection?.needs_sign_in) && !account.signingIn,
    },
    { id: "update", keys: "mod+U", run: check, able: status.knowledge !== null },
    { id: "settings", keys: "mod+,", run: () => setSheet("settings") },
    { id: "palette", keys: "mod+K", run: () => setSheet("palette") },
    { id: "keys", keys: "?", run: () => setSheet("keys") },
  ];
  const busy = sheet !== null || labelling !== null;
  useKeys(commands, busy);
  const move = useRef((_: 1 | -1) => {});
  move.current = (by) => !busy && answered && card()?.move(by);
  useEffect(() => {
    const listen = (e: KeyboardEvent) => {
      if (!e.altKey || (e.key !== "ArrowDown" && e.key !== "ArrowUp")) return;
      e.preventDefault();
      e.stopPropagation();
      move.current(e.key === "ArrowDown" ? 1 : -1);
    };
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);

  const conversations = useMemo(() => day.data ?? [], [day.data]);
  return (
    <div
      className={cx(
        "grid h-full grid-rows-[minmax(0,1fr)_30px]",
        screen === "ask"
          ? "grid-cols-[216px_minmax(0,1fr)_384px] max-[1100px]:grid-cols-[196px_minmax(0,1fr)]"
          : "grid-cols-[216px_minmax(300px,0.85fr)_minmax(0,1fr)] max-[1100px]:grid-cols-[196px_minmax(280px,0.8fr)_minmax(0,1fr)]",
      )}
    >
      <nav aria-label={strings.navigation} className="flex min-h-0 flex-col gap-0.5 border-r border-line px-2.5 py-3.5">
        <div className="pb-3">
          <Logo />
        </div>
        <NavButton words={strings.ask} keys="mod+1" on={screen === "ask"} onClick={() => setScreen("ask")} />
        <NavButton words={strings.browse} keys="mod+2" on={screen === "browse"} onClick={() => setScreen("browse")} />
        {screen === "browse" ? (
          <Facets filter={filter} onFilter={setFilter} />
        ) : (
          <div className="mt-3 min-h-0 flex-1 overflow-auto">
            <NavButton words={strings.newConversation} keys="mod+N" on={false} onClick={fresh} />
            {conversations.length > 0 && (
              <h2 className="px-2 pt-3 pb-1 text-[11px] font-semibold text-faint">{strings.today}</h2>
            )}
            {conversations.map((c) => (
              <button
                type="button"
                key={c.id}
                title={c.title}
                aria-current={c.id === conversation.id ? "true" : undefined}
                disabled={running}
                onClick={() => c.id !== conversation.id && show(c.id).catch(fail)}
                className={cx(
                  "block w-full truncate rounded-md px-2 py-1.5 text-left text-[13px]",
                  c.id === conversation.id ? "font-medium text-ink" : "text-soft hover:text-ink",
                )}
              >
                {c.title}
              </button>
            ))}
          </div>
        )}
        <NavButton words={strings.settings} keys="mod+," on={false} onClick={() => setSheet("settings")} />
      </nav>

      <main hidden={screen !== "ask"} className="flex min-h-0 min-w-0 flex-col" aria-label={strings.ask}>
        {status.knowledge?.freshness === "too_stale" && last?.error?.code !== "too_stale" && (
          <StaleLine status={status} onCheck={check} />
        )}
        <div
          className="@container-size flex min-h-0 flex-1 flex-col overflow-auto px-9 pt-6 outline-none"
          tabIndex={turns.length ? 0 : -1}
        >
          {turns.length === 0 ? (
            <Empty suggestions={status.suggestions} onAsk={submit} />
          ) : (
            <div className="mx-auto w-full max-w-[760px]">
              {turns.map((t) => (
                <TurnView
                  key={t.key}
                  turn={t}
                  tenant={status.tenant_name}
                  release={status.release}
                  number={status.knowledge?.number ?? null}
                  current={current?.key === t.key}
                  newest={t === last}
                  activeSentence={sentence}
                  shownDocument={shown?.document ?? null}
                  onCurrent={() => setCurrentKey(t.key)}
                  onSentence={(s, i) => {
                    // The pointer only passes over another answer; the keys stay with the current one.
                    if (current?.key !== t.key) return;
                    setSentence(i);
                    if (s?.citations[0]) setShown(shownCitation(s.citations[0], t.passages));
                  }}
                  onPassage={(p) => {
                    setShown(shownPassage(p));
                    setFolded(false);
                  }}
                  onDocument={(id) => {
                    setShown({ document: id, headings: [], range: null, passage: null });
                    setFolded(false);
                  }}
                  onBrowse={() => browse(null, t.answer?.reason === "not_covered" ? null : "code")}
                  onLabel={(verdict) => setLabelling({ turn: t, verdict })}
                  onText={(text, sentences, confirmed) =>
                    dispatch({ do: "edited", key: t.key, text, sentences, confirmed })
                  }
                  onAgain={() => submit(t.question)}
                  onCheck={status.knowledge ? check : null}
                  onGoOn={() => goOnWith(t)}
                  signingIn={account.signingIn}
                  onSignIn={signIn}
                  onPainted={(ms) => dispatch({ do: "painted", key: t.key, ms })}
                  say={say}
                  fail={fail}
                  card={(handle) => {
                    if (handle) cards.current.set(t.key, handle);
                    else cards.current.delete(t.key);
                  }}
                />
              ))}
            </div>
          )}
        </div>
        <QuestionField onSubmit={submit} followUp={turns.length > 0} handle={field} />
      </main>
      <aside
        hidden={screen !== "ask"}
        aria-label={strings.sourcePanel}
        className={cx(
          "flex min-h-0 min-w-0 flex-col border-l border-line bg-panel",
          folded
            ? "max-[1100px]:hidden"
            : "max-[1100px]:fixed max-[1100px]:top-0 max-[1100px]:right-0 max-[1100px]:bottom-[30px] max-[1100px]:z-20 max-[1100px]:w-[384px] max-[1100px]:shadow-xl",
        )}
      >
        <button
          type="button"
          aria-label={strings.close}
          onClick={() => setFolded(true)}
          className="absolute top-2 right-3 hidden rounded px-1.5 text-soft hover:text-ink max-[1100px]:block"
        >
          ✕
        </button>
        <SourcePanel
          shown={source}
          since={since}
          passages={current?.refused ? [] : (current?.passages ?? [])}
          today={status.today}
          onChoose={(p) => setShown(shownPassage(p))}
          onBrowse={(id) => browse(id, null)}
          fail={fail}
        />
      </aside>

      {browsed && (
        <>
          <main hidden={screen !== "browse"} className="flex min-h-0 min-w-0 flex-col" aria-label={strings.browse}>
            <StaleLine status={status} narrow onCheck={check} />
            <DocumentList filter={filter} onFilter={setFilter} today={status.today} field={findField} />
          </main>
          <aside
            hidden={screen !== "browse"}
            aria-label={strings.sourcePanel}
            className="flex min-h-0 min-w-0 flex-col border-l border-line bg-panel"
          >
            <Reader
              fail={fail}
              id={filter.document}
              today={status.today}
              onAsk={(q) => {
                setScreen("ask");
                field.current?.change((now) => (now.trim() ? `${now}\n${q}` : q));
                setTimeout(() => field.current?.focus(), 0);
              }}
            />
          </aside>
        </>
      )}
      <StatusBar
        status={status}
        account={account}
        updates={updates}
        onKnowledge={() => setSheet("knowledge")}
        onSignIn={signIn}
        onKeys={() => setSheet("keys")}
      />

      {sheet === "settings" && (
        <Settings
          status={status}
          account={account}
          preferences={preferences}
          onChange={setPreferences}
          onTenant={(tenant) => backend.switchTenant(tenant).then(onReopen, fail)}
          onAnswers={(answers) => backend.chooseAnswers(answers).then(onReopen, fail)}
          onClose={() => setSheet(null)}
        />
      )}
      {sheet === "knowledge" && status.knowledge && (
        <KnowledgeSheet
          status={status}
          knowledge={status.knowledge}
          account={account}
          updates={updates}
          onCheck={check}
          onSignIn={signIn}
          onClose={() => {
            setSheet(null);
            updates.seen();
          }}
        />
      )}
      {sheet === "keys" && <KeysSheet commands={commands} onClose={() => setSheet(null)} />}
      {sheet === "palette" && (
        <CommandPalette commands={commands.filter((c) => c.id !== "palette")} onClose={() => setSheet(null)} />
      )}
      {labelling?.turn.exchange && (
        <LabelSheet
          verdict={labelling.verdict}
          refusal={labelling.turn.refused}
          before={labelling.turn.exchange.label}
          onClose={() => setLabelling(null)}
          onSave={(made) => {
            const { turn } = labelling;
            setLabelling(null);
            if (!turn.exchange) return;
            const sentences = turns.find((t) => t.key === turn.key)?.sentences ?? turn.sentences;
            backend.label(turn.exchange.id, made, sentences).then((exchange) => {
              dispatch({ do: "labelled", key: turn.key, exchange });
              say(strings.labelled(made.verdict === "good"));
              refresh();
            }, fail);
          }}
        />
      )}
      <div
        aria-live="assertive"
        className="pointer-events-none fixed inset-x-0 bottom-24 z-50 flex justify-center px-6"
      >
        {said && (
          <p
            className={cx(
              "rounded-lg px-3.5 py-2 text-[13px] font-medium shadow-lg",
              said.bad ? "bg-warn-bg text-warn" : "bg-ink text-bg",
            )}
          >
            {said.bad ? "▲ " : "✓ "}
            {said.words}
          </p>
        )}
      </div>
    </div>
  );
}

function NavButton({ words, keys, on, onClick }: { words: string; keys: string; on: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-current={on ? "page" : undefined}
      onClick={onClick}
      className={cx(
        "flex w-full items-center justify-between rounded-[7px] px-2 py-1.5 text-left",
        on ? "bg-accent-bg font-semibold text-accent" : "text-soft hover:text-ink",
      )}
    >
      {words} <Kbd keys={keys} />
    </button>
  );
}
