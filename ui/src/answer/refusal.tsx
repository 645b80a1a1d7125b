// A refusal is a result: what is missing, why nothing was written, what looks alike, where to go next.
import type { Turn } from "../ask/turns";
import type { Answer, Passage } from "../backend/backend";
import { useBrowsing } from "../browse/filter";
import { useNavigation } from "../session/navigation";
import { useSheets } from "../session/sheets";
import { useStatus } from "../session/status";
import { day, strings } from "../shared/strings";
import { Button } from "../shared/ui";
import { useChoice } from "../sources/showing";
import { shownDocument } from "../sources/shown";

type Props = { turn: Turn; answer: Answer };

export function Refusal({ turn, answer }: Props) {
  const { tenant_name, records_problem } = useStatus();
  const { show } = useSheets();
  const { choose } = useChoice();
  const { browse } = useBrowsing();
  const { go } = useNavigation();
  const label = turn.exchange?.label ?? null;
  const alike = answer.look_alikes.map((l) => ({ id: l.document, title: l.title, why: strings.oneOff }));
  const near = answer.passages
    .filter(
      (p, i, all) => all.findIndex((o) => o.document === p.document) === i && !alike.some((a) => a.id === p.document),
    )
    .map((p) => ({ id: p.document, title: p.title, why: whyNot(p) }));
  // Of several questions each says for itself why it is open.
  const several = answer.parts.length > 0;
  const ofCode = isOfCode(answer);
  const rows = ofCode ? [...alike, ...near.slice(0, alike.length ? 0 : 3)] : [...alike, ...near];
  const nearest = several ? null : strings.nearestSubject(answer.missing);
  return (
    <div
      role="group"
      className="overflow-hidden rounded-xl border border-line bg-panel"
      aria-label={strings.main}
      data-refusal={answer.reason}
    >
      <div className="px-[18px] pt-4 pb-2">
        <p className="mb-1 text-[15px] font-semibold">
          {several
            ? strings.noPart(tenant_name)
            : strings.refusal(answer.reason, answer.unknown_codes, answer.missing, tenant_name, day(answer.as_of))}
        </p>
        {nearest && <p className="mb-1 text-soft">{nearest}</p>}
        <p className="pb-2 text-soft">
          {answer.reason === "other_subject" && !several
            ? strings.missingWhy(answer.missing, near.length > 0)
            : strings.refusalWhy(several ? null : answer.reason, alike.length > 0)}
        </p>
        {rows.map((r) => (
          <button
            type="button"
            key={r.id}
            onClick={() => choose(shownDocument(r.id))}
            className="flex w-full justify-between gap-3 border-t border-line py-2 text-left text-[13px] hover:text-accent"
          >
            <span>{r.title}</span>
            <span className="whitespace-nowrap text-faint">{r.why}</span>
          </button>
        ))}
      </div>
      <div className="flex items-center gap-2 border-t border-line px-3 py-2">
        <Button onClick={() => (ofCode ? browse("code") : go("browse"))} keys="mod+2">
          {ofCode ? strings.browseCodes : strings.browseAll}
        </Button>
        <span className="flex-1" />
        {!turn.exchange && (
          <span className="text-[12.5px] text-soft">{strings.whyNoLabel(records_problem !== null)}</span>
        )}
        {turn.exchange && (
          <Button onClick={() => show({ turn, verdict: "bad" })} keys="mod+B" aria-pressed={label?.verdict === "bad"}>
            {label?.verdict === "bad" ? `✓ ${strings.shouldHave}` : strings.shouldHave}
          </Button>
        )}
      </div>
    </div>
  );
}

/** What was missing is a code: the next step is to look at all of them. */
export const isOfCode = ({ reason, parts }: Answer) =>
  parts.length === 0 && (reason === "unknown_code" || reason === "not_in_force");

/** Why nothing was written from a passage. */
function whyNot(p: Passage): string {
  if (p.emergency) return strings.inEmergency;
  return p.lacks.length > 0 ? strings.lacks(p.lacks) : strings.nearNotUsed;
}
