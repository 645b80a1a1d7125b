import type { Status } from "../backend/backend";
import type { Preferences } from "../shared/preferences";
import { ago, strings } from "../shared/strings";
import { cx, Sheet } from "../shared/ui";

type Props = { status: Status; preferences: Preferences; onChange: (p: Preferences) => void; onClose: () => void };

export function Settings({ status, preferences, onChange, onClose }: Props) {
  const choice = <K extends keyof Preferences>(key: K, title: string, values: Record<Preferences[K], string>) => (
    <fieldset className="mb-4">
      <legend className="mb-1 text-[12px] text-faint">{title}</legend>
      <div className="flex gap-1.5">
        {(Object.entries(values) as [Preferences[K], string][]).map(([value, words]) => (
          <label
            key={value}
            className={cx(
              "rounded-lg border px-3 py-1.5 has-focus-visible:outline-2 has-focus-visible:outline-accent",
              preferences[key] === value
                ? "border-accent bg-accent-bg font-medium text-accent"
                : "border-line text-soft",
            )}
          >
            <input
              type="radio"
              name={key}
              className="sr-only"
              checked={preferences[key] === value}
              onChange={() => onChange({ ...preferences, [key]: value })}
            />
            {words}
          </label>
        ))}
      </div>
    </fieldset>
  );
  return (
    <Sheet open onClose={onClose} title={strings.settings}>
      {choice("theme", strings.theme, strings.themes)}
      {choice("size", strings.textSize, strings.textSizes)}
      {choice("motion", strings.motion, strings.motions)}
      <h3 className="mb-1 text-[12px] text-faint">{strings.about}</h3>
      <p className="text-[13px] text-soft">
        {status.tenant_name}: {strings.release(status.release)}, {strings.made(ago(status.release_created_at))},{" "}
        {strings.documents(status.documents)}.{" "}
        {status.embedding ?? `${strings.wordsOnlyWhy} ${status.embedding_problem ?? ""}`}
      </p>
      {status.records_problem && (
        <p className="mt-2 text-[13px] text-warn">
          ▲ {strings.notKept}: {status.records_problem}
        </p>
      )}
    </Sheet>
  );
}
