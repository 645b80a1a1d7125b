// The answer of one turn: read, check, edit, copy, label.
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import { useComing } from "../ask/coming";
import type { Turn } from "../ask/turns";
import type { Label, Sentence, Verdict } from "../backend/backend";
import { useBackend } from "../backend/context";
import { strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import { Editor, type EditorHandle } from "./editor";
import { plainText, withSources } from "./text";

export type CardHandle = {
  /** Done when what was typed is kept. */
  settle(): Promise<void>;
  copy(sources: boolean): void;
  compare(): void;
  move(by: 1 | -1): void;
};

type Props = {
  turn: Turn;
  active: number | null;
  onActive: (sentence: Sentence | null, index: number | null) => void;
  onLabel: (verdict: Verdict) => void;
  onText: (text: string, sentences: Sentence[], confirmed: string[]) => void;
  say: (words: string) => void;
  fail: (e: unknown) => void;
  handle: React.Ref<CardHandle>;
};

/** Typing pauses this long before grounding and keeping follow. */
const PAUSE = 180;

export function AnswerCard({ turn, active, onActive, onLabel, onText, say, fail, handle }: Props) {
  const backend = useBackend();
  const editor = useRef<EditorHandle>(null);
  const [text, setText] = useState(turn.text);
  const [sentences, setSentences] = useState(turn.sentences);
  const [confirmed, setConfirmed] = useState(turn.confirmed);
  const [comparing, setComparing] = useState(false);
  /** Copying waits for an answer about sentences without a source: with or without sources. */
  const [asking, setAsking] = useState<{ sources: boolean } | null>(null);
  const note = useRef<HTMLDivElement>(null);
  const writing = turn.state === "running";
  const passages = useMemo(() => turn.passages.filter((p) => p.carries), [turn.passages]);

  // While it is written, text and grounding come from the generator's stream.
  // The last state of the stream comes with its end.
  const streaming = useRef(writing);
  useEffect(() => {
    if (!writing && !streaming.current) return;
    streaming.current = writing;
    setText(turn.text);
    setSentences(turn.sentences);
  }, [writing, turn.text, turn.sentences]);

  // The draft is kept and grounding follows as it is typed.
  const latest = useRef({ text, confirmed });
  latest.current = { text, confirmed };
  const timer = useRef(0);
  /** What an edit still owes: grounding and keeping. Done after a pause, or at once when the card goes. */
  const owed = useRef<(() => void) | null>(null);
  const keeping = useRef(Promise.resolve());
  const keep = useCallback(
    (now: string, kept: string[]) => {
      if (turn.exchange) keeping.current = backend.saveText(turn.exchange.id, now, kept).catch(fail);
    },
    [backend, turn.exchange, fail],
  );
  const edited = (now: string) => {
    setText(now);
    latest.current.text = now;
    onText(now, sentences, latest.current.confirmed);
    clearTimeout(timer.current);
    owed.current = () => {
      owed.current = null;
      clearTimeout(timer.current);
      keep(now, latest.current.confirmed);
      backend
        .ground(now, passages)
        .then((found) => {
          if (latest.current.text !== now) return;
          setSentences(found);
          onText(now, found, latest.current.confirmed);
        })
        .catch(fail);
    };
    timer.current = window.setTimeout(() => owed.current?.(), PAUSE);
  };
  // A kept answer opens with the grounding of the operator's text, not of the draft.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the card is opened
  useEffect(() => {
    if (!writing && turn.text !== turn.draft) edited(turn.text);
    // What was typed in the last moment before the card goes is kept too.
    return () => owed.current?.();
  }, []);

  const open = useMemo(
    () => sentences.filter((s) => s.grounding === "unsupported" && !confirmed.includes(s.text)),
    [sentences, confirmed],
  );

  const copyNow = useCallback(
    async (sources: boolean) => {
      try {
        // What is copied is what stands there now, with the grounding of just that.
        const now = latest.current.text;
        const found = await backend.ground(now, passages);
        if (found.some((s) => s.grounding === "unsupported" && !latest.current.confirmed.includes(s.text))) {
          setSentences(found);
          setAsking({ sources });
          return;
        }
        const stood = found.filter((s) => latest.current.confirmed.includes(s.text)).map((s) => s.text);
        await backend.copy(
          turn.exchange?.id ?? null,
          sources ? withSources(now, found, turn.passages) : plainText(now),
          stood,
        );
        setAsking(null);
        say(sources ? strings.copiedWithSources : strings.copied);
      } catch (e) {
        fail(e);
      }
    },
    [backend, passages, turn.exchange, turn.passages, say, fail],
  );

  const confirm = (s: Sentence) => {
    const next = [...confirmed, s.text];
    setConfirmed(next);
    latest.current.confirmed = next;
    keep(text, next);
    onText(text, sentences, next);
  };

  // Once every sentence is dealt with, the copy that was asked for goes out.
  useEffect(() => {
    if (asking && open.length === 0) copyNow(asking.sources);
  }, [asking, open.length, copyNow]);
  useEffect(() => {
    if (asking && open.length > 0) note.current?.querySelector("button")?.focus();
  }, [asking, open.length]);

  useImperativeHandle(handle, () => ({
    settle: () => {
      owed.current?.();
      return keeping.current;
    },
    copy: (sources) => !writing && copyNow(sources),
    compare: () => setComparing((c) => !c),
    move: (by) => editor.current?.move(by),
  }));

  const label: Label | null = turn.exchange?.label ?? null;
  const changed = text !== turn.draft;
  return (
    <div
      role="group"
      className="overflow-hidden rounded-xl border border-line bg-panel"
      aria-label={strings.main}
      data-state={turn.state}
    >
      {/* Whoever goes on writing has not decided yet: the copy that was held is not sent by itself. */}
      <div className="px-[10px] pt-3.5 pb-1.5" onFocusCapture={() => setAsking(null)}>
        {(turn.draft !== "" || turn.text !== "" || !writing) && (
          <Editor
            handle={editor}
            draft={turn.draft}
            text={turn.text}
            writing={writing}
            sentences={sentences}
            confirmed={confirmed}
            active={active}
            comparing={comparing}
            onText={edited}
            onActive={(i) => onActive(i === null ? null : (sentences[i] ?? null), i)}
          />
        )}
        {writing && <ComingWords turn={turn} />}
      </div>
      <div ref={note} className="px-[18px]" aria-live="polite">
        {asking && open.length > 0 && (
          <p className="pt-1 text-[12.5px] font-semibold text-warn">{strings.beforeCopying(open.length)}</p>
        )}
        {!writing &&
          open.slice(0, 3).map((s) => (
            <div
              key={`${s.start}${s.text}`}
              className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg bg-warn-bg px-2.5 py-2 text-[12.5px] text-warn"
            >
              <span className="flex-1 basis-52">▲ {strings.problem(s.problem, s.text)}</span>
              {asking && (
                <button
                  type="button"
                  className="font-semibold hover:underline"
                  onClick={() => {
                    setAsking(null);
                    editor.current?.select(s);
                  }}
                >
                  {strings.editIt}
                </button>
              )}
              <button type="button" className="font-semibold hover:underline" onClick={() => editor.current?.drop(s)}>
                {strings.dropIt}
              </button>
              <button type="button" className="font-semibold hover:underline" onClick={() => confirm(s)}>
                {strings.keepAnyway}
              </button>
            </div>
          ))}
        {turn.answer?.stopped && <p className="pt-1 text-[12.5px] text-soft">{strings.stopped}</p>}
        {turn.answer && turn.answer.dropped_marks > 0 && (
          <p className="pt-1 text-[12.5px] text-soft">{strings.droppedMarks(turn.answer.dropped_marks)}</p>
        )}
      </div>
      <div className="mt-3 flex flex-wrap items-center gap-2 border-t border-line px-3 py-2">
        {writing ? (
          <Button onClick={() => backend.stop()} keys="Esc">
            {strings.stop}
          </Button>
        ) : (
          <>
            <Button primary keys="mod+enter" onClick={() => copyNow(false)}>
              {strings.copy}
            </Button>
            <Button onClick={() => copyNow(true)}>{strings.withSources}</Button>
            <Button onClick={() => setComparing(!comparing)} aria-pressed={comparing} disabled={!changed && !comparing}>
              {comparing ? strings.comparing : strings.compare}
            </Button>
            <span className="flex-1" />
            {turn.exchange && (
              <>
                <LabelButton verdict="good" label={label} onLabel={onLabel} />
                <LabelButton verdict="bad" label={label} onLabel={onLabel} />
              </>
            )}
          </>
        )}
      </div>
    </div>
  );
}

/** A screen reader hears the sentence, once it is whole. */
function ComingWords({ turn }: { turn: Turn }) {
  const words = useComing(turn.coming, turn.draft);
  if (words === "" && turn.draft !== "") return null;
  return (
    <p dir="auto" className="answer-writing" aria-hidden>
      {words}
    </p>
  );
}

function LabelButton({
  verdict,
  label,
  onLabel,
}: {
  verdict: Verdict;
  label: Label | null;
  onLabel: (v: Verdict) => void;
}) {
  const on = label?.verdict === verdict;
  return (
    <Button
      keys={verdict === "good" ? "mod+G" : "mod+B"}
      aria-pressed={on}
      className={cx(on && "border-accent font-semibold text-accent")}
      onClick={() => onLabel(verdict)}
    >
      {on && "✓ "}
      {strings[verdict]}
    </Button>
  );
}
