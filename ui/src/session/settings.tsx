// How the window looks, which tenant it is of and who answers, and what the tenant is.
import { useQuery } from "@tanstack/react-query";
import { useBackend } from "../backend/context";
import { More } from "../shared/more";
import { plain } from "../shared/plain";
import { type Preferences, usePreferences, ZOOMS } from "../shared/preferences";
import { useSaid } from "../shared/said";
import { Sheet } from "../shared/sheet";
import { strings } from "../shared/strings";
import { Button, cx } from "../shared/ui";
import { useAccount } from "./account";
import { useSheets } from "./sheets";
import { useStatus } from "./status";

type ChoiceProps<V extends string> = {
  name: string;
  title: string;
  values: Record<V, string>;
  chosen: V;
  disabled?: boolean;
  onChoose: (value: V) => void;
};

function Choice<V extends string>({ name, title, values, chosen, disabled, onChoose }: ChoiceProps<V>) {
  return (
    <fieldset className="mb-4" disabled={disabled}>
      <legend className="mb-1 text-[12px] text-faint">{title}</legend>
      <div className="flex flex-wrap gap-1.5">
        {(Object.entries(values) as [V, string][]).map(([value, words]) => (
          <label
            key={value}
            className={cx(
              "rounded-lg border px-3 py-1.5 has-focus-visible:outline-2 has-focus-visible:outline-accent",
              chosen === value ? "border-accent bg-accent-bg font-medium text-accent" : "border-line text-soft",
              disabled && chosen !== value && "opacity-55",
            )}
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={chosen === value}
              onChange={() => onChoose(value)}
            />
            {words}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** `onReopen`: the tenant is another, or is answered for by another, and is opened anew. */
export function Settings({ onReopen }: { onReopen: () => void }) {
  const backend = useBackend();
  const status = useStatus();
  const { fail } = useSaid();
  const { close } = useSheets();
  return (
    <Sheet onClose={close} title={strings.settings}>
      <Looks />
      {status.tenants.length > 1 && (
        <Choice
          name="tenant"
          title={strings.tenant}
          values={Object.fromEntries(status.tenants.map((t) => [t, t]))}
          chosen={status.tenant}
          onChoose={(tenant) => backend.switchTenant(tenant).then(onReopen, fail)}
        />
      )}
      {status.on_aws && (
        <>
          <Choice
            name="answers"
            title={strings.writer}
            values={strings.writers}
            chosen={status.answers}
            disabled={status.answers_locked !== null}
            onChoose={(answers) => backend.chooseAnswers(answers).then(onReopen, fail)}
          />
          {status.answers_locked && (
            <p className="-mt-3 mb-4 text-[12px] text-faint">{strings.setByIt(status.answers_locked)}</p>
          )}
        </>
      )}
      <About />
    </Sheet>
  );
}

function Looks() {
  const { preferences, prefer } = usePreferences();
  const choice = <K extends "theme" | "motion">(key: K, title: string, values: Record<Preferences[K], string>) => (
    <Choice
      name={key}
      title={title}
      values={values}
      chosen={preferences[key]}
      onChoose={(value) => prefer({ ...preferences, [key]: value })}
    />
  );
  return (
    <>
      {choice("theme", strings.theme, strings.themes)}
      <Choice
        name="zoom"
        title={strings.textSize}
        values={Object.fromEntries(ZOOMS.map((z) => [z, `${z} %`]))}
        chosen={String(preferences.zoom)}
        onChoose={(zoom) => prefer({ ...preferences, zoom: Number(zoom) })}
      />
      {choice("motion", strings.motion, strings.motions)}
      <label className="mb-4 block text-[12px] text-faint">
        {strings.yourName}
        <input
          value={preferences.operator}
          onChange={(e) => prefer({ ...preferences, operator: e.target.value })}
          maxLength={60}
          autoComplete="off"
          className="mt-1 block w-full rounded-lg border border-line bg-bg px-3 py-1.5 text-[14px] text-ink"
        />
      </label>
    </>
  );
}

function About() {
  const status = useStatus();
  const backend = useBackend();
  const { data: version } = useQuery({ queryKey: ["version"], queryFn: () => backend.version(), staleTime: Infinity });
  const { knowledge } = status;
  return (
    <>
      <h3 className="mb-1 text-[12px] text-faint">{strings.about}</h3>
      <SignedIn />
      <p className="text-[13px] text-soft">
        {status.tenant_name}: {strings.releaseOf(knowledge?.number ?? null, status.release_created_at)},{" "}
        {strings.documents(status.documents)}. {status.embedding ?? strings.wordsOnlyWhy}
      </p>
      {status.embedding_problem && <More words={status.embedding_problem} />}
      <More words={status.release} label={strings.exactly} />
      {status.records_problem && (
        <div className="mt-2 text-[13px] text-warn">
          ▲ {strings.notKept}. {strings.notKeptWhat} {plain(status.records_problem, "").words}
          <More words={status.records_problem} />
        </div>
      )}
      {version && <p className="mt-4 text-[12px] text-faint">{strings.program(version)}</p>}
    </>
  );
}

function SignedIn() {
  const { connection, signingIn, signIn, signOut } = useAccount();
  if (!connection) return null;
  return (
    <p className="mb-2 flex items-center justify-between gap-3 text-[13px] text-soft">
      {connection.signed_in_until
        ? strings.signedInUntil(new Date(connection.signed_in_until).toLocaleTimeString([], { timeStyle: "short" }))
        : strings.signedOut}
      {connection.needs_sign_in ? (
        <Button onClick={signIn} disabled={signingIn}>
          {signingIn ? strings.signingIn : strings.signIn}
        </Button>
      ) : (
        <Button onClick={signOut}>{strings.signOut}</Button>
      )}
    </p>
  );
}
