// Before the first question: what to do, and examples of it.
import { strings } from "../shared/strings";
import { FirstStart } from "./first-start";

type Props = { suggestions: string[]; onAsk: (question: string) => void };

export function Empty({ suggestions, onAsk }: Props) {
  return (
    <div className="m-auto w-full max-w-[520px] py-10">
      <h1 className="mb-1 text-[19px] font-semibold tracking-[-0.01em]">{strings.emptyTitle}</h1>
      <p className="mb-5 text-soft">{strings.emptyText}</p>
      <FirstStart />
      {suggestions.length > 0 && <h2 className="mb-1 text-[11px] font-semibold text-faint">{strings.try}</h2>}
      {suggestions.map((q) => (
        <button
          type="button"
          key={q}
          onClick={() => onAsk(q)}
          className="block w-full border-t border-line py-2 text-left text-soft hover:text-accent"
        >
          {q}
        </button>
      ))}
    </div>
  );
}
