// What must be known before an answer is read: that it may be an emergency, and that its sources disagree.
import { numbersOf, sourcesOf } from "../ask/sources-of";
import type { Turn } from "../ask/turns";
import type { Disagreement, Passage } from "../backend/backend";
import { strings } from "../shared/strings";
import { type Numbers, SourceNumber } from "./source-number";

/** Said as soon as the passages are there; where none says what to do, with the answer. */
export function EmergencyBand({ turn }: { turn: Turn }) {
  const sourced = turn.passages.some((p) => p.emergency);
  if (!sourced && !turn.answer?.emergency) return null;
  return (
    <div
      role="alert"
      data-emergency
      className="mb-3.5 rounded-lg border border-l-4 border-warn bg-warn-bg px-3.5 py-2.5 text-[13.5px] text-warn"
    >
      <b className="font-semibold">▲ {strings.emergency}</b>{" "}
      {sourced ? strings.emergencySourced : strings.emergencyAlone}
    </div>
  );
}

export function DisagreeBand({ turn }: { turn: Turn }) {
  const found = turn.answer?.disagree ?? [];
  const numbers = numbersOf(sourcesOf(turn));
  if (found.length === 0) return null;
  return (
    <section
      aria-label={strings.disagree}
      className="mb-3.5 rounded-lg bg-warn-bg px-3.5 py-2.5 text-[12.5px] text-warn"
    >
      <p className="font-semibold">▲ {strings.disagree}</p>
      {found.map((d) => (
        <Sides key={`${d.one}-${d.other}`} of={d} passages={turn.passages} numbers={numbers} />
      ))}
      <p className="mt-1">{strings.nonePicked}</p>
    </section>
  );
}

function Sides({ of, passages, numbers }: { of: Disagreement; passages: Passage[]; numbers: Numbers }) {
  const sides = [
    [of.one, of.says],
    [of.other, of.contradicts],
  ] as const;
  return (
    <ul className="mt-1">
      {sides.map(([number, words]) => (
        <li key={number} className="break-words">
          <SourceNumber number={number} passage={passages.find((p) => p.number === number)} numbers={numbers} />{" "}
          {strings.says} “{words}”
        </li>
      ))}
    </ul>
  );
}
