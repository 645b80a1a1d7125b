// What whoever does not see the window must hear: that sources are found, an answer is there or none, marks changed.
import { useEffect, useRef, useState } from "react";
import type { Sentence } from "../backend/backend";
import { useStatus } from "../session/status";
import { day, strings } from "../shared/strings";
import { useConversation } from "./conversation";
import { blank, type Turn } from "./turns";

export function Announced() {
  const { turns } = useConversation();
  const { tenant_name } = useStatus();
  const before = useRef(new Map<string, Turn>());
  const [told, setTold] = useState({ words: "", times: 0 });
  useEffect(() => {
    const words = turns.flatMap((now) => {
      // What is opened again does not come now; what comes may be further already when it is first drawn.
      const first = now.own || now.key === now.exchange?.id ? now : blank(now.key, now.question);
      const was = before.current.get(now.key) ?? first;
      return (was !== now && announcement(was, now, tenant_name)) || [];
    });
    before.current = new Map(turns.map((t) => [t.key, t]));
    if (words.length > 0) setTold(({ times }) => ({ words: words.join(" "), times: times + 1 }));
  }, [turns, tenant_name]);
  // A new element each time: the same words are told again.
  return (
    <div aria-live="polite" className="sr-only" data-told>
      <p key={told.times}>{told.words}</p>
    </div>
  );
}

/** What became of a turn, in words; nothing, where it is nothing to be told. */
export function announcement(was: Turn, now: Turn, tenant: string): string | null {
  const ended = was.state !== "done" && now.state === "done";
  if (ended && now.refused && now.answer) {
    const { reason, unknown_codes, missing, as_of } = now.answer;
    return strings.toldRefused(strings.refusal(reason, unknown_codes, missing, tenant, day(as_of)));
  }
  if (ended) return strings.toldAnswer(counted(now.sentences));
  if (was.state === "searching" && now.state === "running" && !now.refused)
    return strings.toldFound(new Set(now.passages.filter((p) => p.carries).map((p) => p.document)).size);
  if (now.state === "done" && was.sentences !== now.sentences) return changed(was.sentences, now.sentences);
  return null;
}

/** Courtesy has no mark. */
const marked = (sentences: Sentence[]) => sentences.filter((s) => s.grounding !== "courtesy");

const counted = (sentences: Sentence[]) => {
  const by = new Map<string, number>();
  for (const { grounding } of marked(sentences)) {
    const mark = strings.grounding[grounding];
    by.set(mark, (by.get(mark) ?? 0) + 1);
  }
  return [...by];
};

/** Sentences by their words: what was not there before is new. */
function changed(was: Sentence[], now: Sentence[]): string | null {
  const before = new Map(was.map((s) => [s.text, s.grounding]));
  const other = marked(now).filter((s) => before.get(s.text) !== s.grounding);
  const [first] = other;
  if (!first) return null;
  return other.length === 1
    ? strings.toldMark(first.text, strings.grounding[first.grounding])
    : strings.toldMarks(counted(other));
}
