// One turn: the question, its passages as chips, the answer or the refusal.
import { useEffect, useLayoutEffect, useRef } from "react";
import { AnswerCard, type CardHandle } from "../answer/answer-card";
import { Notices } from "../answer/notices";
import { Refusal } from "../answer/refusal";
import type { Passage, Sentence, Verdict } from "../backend/backend";
import { hasNews, SinceNotice, useSince } from "../releases/since";
import { ended, strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import type { Turn } from "./turns";

type Props = {
  turn: Turn;
  tenant: string;
  /** The present release, and its number where it comes from a store. */
  release: string;
  number: number | null;
  current: boolean;
  newest: boolean;
  activeSentence: number | null;
  shownDocument: string | null;
  onCurrent: () => void;
  onSentence: (s: Sentence | null, index: number | null) => void;
  onPassage: (p: Passage) => void;
  onDocument: (id: string) => void;
  onBrowse: () => void;
  onLabel: (v: Verdict) => void;
  onText: (text: string, sentences: Sentence[], confirmed: string[]) => void;
  onAgain: () => void;
  /** Nothing where the knowledge was made on this device. */
  onCheck: (() => void) | null;
  onGoOn: () => void;
  signingIn: boolean;
  onSignIn: () => void;
  onPainted: (ms: number) => void;
  say: (words: string) => void;
  fail: (e: unknown) => void;
  card: React.Ref<CardHandle>;
};

export function TurnView(p: Props) {
  const { turn } = p;
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => top.current?.scrollIntoView({ block: "start" }), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured once, when the passages come
  useLayoutEffect(() => {
    if (turn.passages.length > 0 && turn.paintMs === null)
      requestAnimationFrame(() => p.onPainted(performance.now() - turn.startedAt));
  }, [turn.passages.length > 0]);
  const answer = turn.answer;
  const since = useSince(turn, p.release);
  const news = hasNews(turn, since);
  const chips = turn.passages.filter((x) => !turn.refused && x.carries);
  return (
    <div
      ref={top}
      // The newest takes all the height there is: it stands on top, and what comes of it is seen.
      className={cx("mb-8 scroll-mt-6", p.newest && "min-h-[calc(100cqh-32px)]")}
      onFocusCapture={p.onCurrent}
      onMouseDownCapture={p.onCurrent}
      data-turn={turn.state}
      data-paint-ms={turn.paintMs ?? undefined}
    >
      <h1
        className="mb-1 text-[19px] leading-[1.4] font-semibold tracking-[-0.01em] break-words line-clamp-6"
        dir="auto"
      >
        {turn.question}
      </h1>
      {turn.askedAs && <p className="text-[12.5px] text-soft">{strings.askedAs(turn.askedAs)}</p>}
      <p className={cx("mb-3.5 text-[12.5px] text-faint", turn.state === "searching" && "pulse")}>
        {line(turn, p.release, p.number)}
      </p>
      {chips.length > 0 && (
        <ul className="mb-3.5 flex flex-wrap gap-1.5" aria-label={strings.passages}>
          {chips.map((x) => (
            <li key={x.id} className="max-w-full">
              <button
                type="button"
                onClick={() => p.onPassage(x)}
                className={cx(
                  "flex max-w-full gap-1.5 rounded-lg border bg-panel px-2.5 py-1 text-[12.5px]",
                  p.current && p.shownDocument === x.document
                    ? "border-accent text-ink"
                    : "border-line text-soft hover:border-faint",
                )}
              >
                <b className="font-semibold text-accent">{x.number}</b>
                <span className="truncate">{x.title}</span>
                {since.get(x.document) === "withdrawn" && (
                  <span className="font-medium whitespace-nowrap text-warn">▲ {strings.withdrawn}</span>
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
      {answer && answer.unknown_codes.length > 0 && !turn.refused && (
        <p className="mb-2 rounded-lg bg-warn-bg px-2.5 py-2 text-[12.5px] text-warn">
          ▲ {strings.unknownToo(answer.unknown_codes)}
        </p>
      )}
      <SinceNotice turn={turn} since={since} keys={p.current} onAgain={p.onAgain} />
      <Notices
        notices={turn.notices}
        incomplete={answer?.incomplete ?? false}
        signingIn={p.signingIn}
        onSignIn={p.onSignIn}
        onAgain={turn.state === "done" && p.current && !news ? p.onAgain : null}
        onGoOn={turn.state === "done" && p.current && answer?.incomplete && turn.exchange ? p.onGoOn : null}
      />
      {turn.state === "failed" ? (
        <section className="rounded-xl border border-line bg-panel px-[18px] py-4" role="alert">
          <p className="mb-1 text-[15px] font-semibold">
            {turn.error?.code === "too_stale" ? strings.tooOldToAnswer : strings.failed}
          </p>
          <p className="mb-3 text-soft">
            {ended(turn.error?.message ?? "")} {strings.stillInField}
          </p>
          <div className="flex gap-2">
            {turn.error?.code === "too_stale" && p.onCheck && (
              <Button onClick={p.onCheck} keys="mod+U">
                {strings.checkNow}
              </Button>
            )}
            <Button onClick={p.onAgain} keys="mod+R">
              {strings.askAgain}
            </Button>
          </div>
        </section>
      ) : answer && turn.refused ? (
        <Refusal
          answer={answer}
          tenant={p.tenant}
          label={turn.exchange?.label ?? null}
          canLabel={turn.exchange !== null}
          onDocument={p.onDocument}
          onBrowse={p.onBrowse}
          onLabel={() => p.onLabel("bad")}
        />
      ) : (
        // There before the first words are: these then stand in the page the sooner.
        (turn.draft !== "" || turn.state === "done" || (turn.state === "running" && chips.length > 0)) && (
          <AnswerCard
            handle={p.card}
            turn={turn}
            active={p.current ? p.activeSentence : null}
            onActive={p.onSentence}
            onLabel={p.onLabel}
            onText={p.onText}
            say={p.say}
            fail={p.fail}
          />
        )
      )}
    </div>
  );
}

/** What happened so far, in one line. */
function line(turn: Turn, release: string, number: number | null): string {
  if (turn.state === "searching" || (turn.state === "running" && turn.refused)) return strings.searching;
  const { answer } = turn;
  const n = turn.passages.filter((p) => p.carries).length;
  const parts = turn.refused || (turn.state === "failed" && n === 0) ? [] : [strings.found(n, turn.retrieveMs)];
  if (turn.state === "running") parts.push(strings.writing);
  if (answer) {
    parts.push(
      answer.models.generation
        ? strings.answeredBy(answer.models.generation, answer.timings_ms.total)
        : strings.noModel,
    );
    if (number === null) parts.push(strings.release(answer.release));
    else parts.push(answer.release === release ? strings.releaseNumber(number) : strings.earlierRelease);
  }
  return parts.join(" · ");
}
