// One turn: the question, its passages as chips, the answer or the refusal.
import { memo, useEffect, useLayoutEffect, useRef } from "react";
import { AnswerCard } from "../answer/answer-card";
import { DisagreeBand, EmergencyBand } from "../answer/bands";
import { Notices } from "../answer/notices";
import { Parts } from "../answer/parts";
import { Refusal } from "../answer/refusal";
import type { Answer } from "../backend/backend";
import { hasNews, SinceNotice, useSince } from "../releases/since";
import { useStatus } from "../session/status";
import { strings } from "../shared/strings";
import { cx } from "../shared/ui";
import { Chips } from "./chips";
import { useAsking } from "./conversation";
import { Failed } from "./failed";
import { TurnHead } from "./turn-head";
import type { Turn } from "./turns";

type Props = { turn: Turn; current: boolean; newest: boolean };

export const TurnView = memo(function TurnView({ turn, current, newest }: Props) {
  const { dispatch, submit, goOn } = useAsking();
  const { release } = useStatus();
  const top = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it comes
  useEffect(() => {
    if (current) top.current?.scrollIntoView({ block: "start" });
  }, []);
  usePainted(turn);
  const { answer } = turn;
  const since = useSince(turn, release);
  const able = turn.state === "done" && current && !turn.own;
  const again = () => submit(turn.question);
  const goTo = () => dispatch({ do: "go to", key: turn.key });
  return (
    <div
      ref={top}
      // The newest takes all the height there is: it stands on top, and what comes of it is seen.
      className={cx("mb-8 scroll-mt-6", newest && "min-h-[calc(100cqh-32px)]")}
      onFocusCapture={goTo}
      onMouseDownCapture={goTo}
      data-turn={turn.state}
      data-paint-ms={turn.paintMs ?? undefined}
    >
      <TurnHead turn={turn} />
      <EmergencyBand turn={turn} />
      <Chips turn={turn} current={current} since={since} />
      <Parts turn={turn} />
      <DisagreeBand turn={turn} />
      {answer && !turn.refused && turn.parts.length === 0 && <AlsoMissing of={answer} />}
      <SinceNotice turn={turn} since={since} keys={current} onAgain={again} />
      <Notices
        notices={turn.notices}
        incomplete={answer?.incomplete ?? false}
        onAgain={able && !hasNews(turn, since) ? again : null}
        onGoOn={able && answer?.incomplete && turn.exchange ? () => goOn(turn) : null}
      />
      <TurnBody turn={turn} current={current} />
    </div>
  );
});

/** What an answer that was written says nothing about. */
function AlsoMissing({ of }: { of: Answer }) {
  const missing = [
    of.unknown_codes.length > 0 && strings.unknownToo(of.unknown_codes),
    of.missing.length > 0 && strings.missing(of.missing),
  ].filter((m) => m !== false);
  if (missing.length === 0) return null;
  return <p className="mb-2 rounded-lg bg-warn-bg px-2.5 py-2 text-[12.5px] text-warn">▲ {missing.join(" ")}</p>;
}

function TurnBody({ turn, current }: { turn: Turn; current: boolean }) {
  if (turn.state === "failed") return <Failed turn={turn} />;
  if (turn.answer && turn.refused) return <Refusal turn={turn} answer={turn.answer} />;
  // There before the first words are: these then stand in the page the sooner.
  const coming = turn.state === "running" && !turn.refused && turn.passages.some((p) => p.carries);
  if (turn.draft === "" && turn.state !== "done" && !coming) return null;
  return <AnswerCard turn={turn} current={current} />;
}

/** From Enter to passages on the screen, measured once, when they come. */
function usePainted({ key, passages, paintMs, startedAt }: Turn) {
  const { dispatch } = useAsking();
  const found = passages.length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useLayoutEffect(() => {
    if (found && paintMs === null)
      requestAnimationFrame(() => dispatch({ do: "painted", key, ms: performance.now() - startedAt }));
  }, [found]);
}
