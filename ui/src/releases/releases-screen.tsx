// Releases: what the channels show, what another release would change, and what speaks against letting it.
import { useLayoutEffect, useRef, useState } from "react";
import { asError } from "../backend/backend";
import { useFields, useNavigation } from "../session/navigation";
import { Told } from "../shared/more";
import { plainError } from "../shared/plain";
import { strings } from "../shared/strings";
import { Button } from "../shared/ui";
import { ChangeList } from "./change-list";
import { ChangePanel } from "./change-panel";
import { Channels } from "./channels";
import { Gate } from "./gate";
import { useDoing, useReviewing } from "./reviewing";

const words = strings.reviewing;

/** Made when it is first wanted, and stays: a comparison goes on behind a question. */
export function ReleasesScreen() {
  const { screen } = useNavigation();
  const shown = screen === "releases";
  const [made, setMade] = useState(shown);
  if (shown && !made) setMade(true);
  if (!made) return null;
  return (
    <>
      <main hidden={!shown} className="flex min-h-0 min-w-0 flex-col print:hidden" aria-label={words.releases}>
        <Page />
      </main>
      <aside
        hidden={!shown}
        aria-label={words.changeDetail}
        className="flex min-h-0 min-w-0 flex-col border-l border-line bg-panel print:hidden"
      >
        <ChangePanel />
      </aside>
    </>
  );
}

function Page() {
  const { store, sides, weighed } = useReviewing();
  const page = useFocus();
  const { data, error, refetch, isPending } = store;
  return (
    <div
      ref={page}
      tabIndex={-1}
      className="flex min-h-0 flex-1 flex-col overflow-auto px-8 pt-6 pb-4 outline-none narrow:px-5"
    >
      <Head />
      {isPending && <p className="text-[13px] text-faint">{words.readingStore}</p>}
      {error && (
        <div role="alert" className="mb-3 flex items-start gap-3 rounded-lg bg-warn-bg px-3 py-2 text-[13px] text-warn">
          <Told className="min-w-0 flex-1" of={plainError(asError(error), words.storeFailed)} />
          <Button onClick={() => refetch()}>{strings.tryAgain}</Button>
        </div>
      )}
      {data && (
        <>
          {data.read_only && (
            <p className="mb-3 rounded-lg bg-bg px-3 py-2 text-[12.5px] text-soft outline outline-line">
              {words.readOnly} {data.read_only}
            </p>
          )}
          <Channels store={data} />
          {data.channels.length > 0 && !sides && (
            <p className="text-[13px] text-soft">{words.noPreview(data.channels[0]?.name ?? "")}</p>
          )}
          {sides && !weighed && <Before golden={data.golden.length} />}
          {weighed && <Gate weighed={weighed} reviewers={data.reviewers} />}
          {weighed && <ChangeList weighed={weighed} />}
        </>
      )}
    </div>
  );
}

/** One sentence of what was compared, and what may be done with it. */
function Head() {
  const { store, sides, weighed, weighing, failed } = useReviewing();
  const { compare, stop, promote } = useDoing();
  const held = weighed && (weighed.reasons.length > 0 || store.data?.read_only);
  return (
    <header className="mb-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h1 className="text-[20px] leading-tight font-semibold">{weighed ? words.over(weighed) : words.releases}</h1>
          {weighed && <p className="mt-1 text-[12.5px] text-faint">{words.summary(weighed)}</p>}
        </div>
        {sides && (
          <div className="flex flex-wrap gap-2">
            {weighing ? (
              <Button keys="Esc" onClick={stop}>
                {words.stopComparing}
              </Button>
            ) : (
              <Button keys="C" primary={!weighed} onClick={compare}>
                {weighed ? words.compareAnew : words.compareNow}
              </Button>
            )}
            {weighed && (
              <Button keys="P" primary={!held} onClick={promote}>
                {words.promote}…
              </Button>
            )}
          </div>
        )}
      </div>
      <div aria-live="polite">
        {weighing && <Progress />}
        {failed && !weighing && (
          <div className="mt-3 rounded-lg bg-warn-bg px-3 py-2 text-[13px] text-warn">
            <Told of={plainError(failed, words.weighFailed)} />
          </div>
        )}
      </div>
    </header>
  );
}

function Progress() {
  const { weighing } = useReviewing();
  if (!weighing) return null;
  const { step, done, of } = weighing;
  const percent = step === "asking" && of > 0 ? Math.floor((done / of) * 100) : undefined;
  const text = words.weighing(weighing);
  return (
    <div className="mt-3">
      {/* The bar says it to a screen reader; here each number would be read out. */}
      <p aria-hidden className="mb-1.5 text-[12.5px] text-soft">
        {text}
      </p>
      <div
        role="progressbar"
        aria-label={words.compareNow}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
        className="h-1.5 overflow-hidden rounded-full bg-line"
      >
        <div
          className={percent === undefined ? "pulse h-full rounded-full bg-accent/45" : "h-full rounded-full bg-accent"}
          style={{ width: `${percent ?? 100}%` }}
        />
      </div>
    </div>
  );
}

/** What comparing does, before it was done; or why there is nothing to compare. */
function Before({ golden }: { golden: number }) {
  const { store, sides } = useReviewing();
  const numberOf = (name?: string) => store.data?.channels.find((c) => c.name === name)?.number;
  const same = sides && numberOf(sides.from) === numberOf(sides.to);
  return (
    <p className="max-w-[60ch] text-[13px] text-soft">
      {same ? words.sameRelease(sides.from, sides.to) : words.compareWhat(golden)}
    </p>
  );
}

/** Whoever comes here is at the list, or where there is none yet at the page. */
function useFocus() {
  const { screen } = useNavigation();
  const { releases } = useFields();
  const page = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // Before there is a list, the page has the keys: its letters are commands.
    const focus = () => (page.current?.querySelector<HTMLElement>("[role=listbox]") ?? page.current)?.focus();
    releases.current = { focus };
    if (screen === "releases") focus();
    return () => {
      releases.current = null;
    };
  }, [releases, screen]);
  return page;
}
