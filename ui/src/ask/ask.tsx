// The Ask screen: the conversation, and the one field below it.
import { useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import { strings } from "../shared/strings";
import { Kbd } from "../shared/ui";

export type FieldHandle = { focus: () => void; change: (next: (now: string) => string) => void };

type FieldProps = { onSubmit: (question: string) => void; followUp: boolean; handle: React.Ref<FieldHandle> };

/** Grows with a pasted message, up to a third of the window. What is typed is its own: a key draws nothing else. */
export function QuestionField({ onSubmit, followUp, handle }: FieldProps) {
  const [value, setValue] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(handle, () => ({ focus: () => field.current?.focus(), change: setValue }), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const f = field.current;
    if (!f) return;
    f.style.height = "auto";
    // Behind Browse it cannot be measured, and keeps its one row.
    if (f.scrollHeight > 0) f.style.height = `${f.scrollHeight}px`;
  }, [value]);
  return (
    <div className="px-9 pt-3 pb-[18px]">
      <div className="mx-auto flex max-w-[760px] items-start gap-2.5 rounded-xl border border-line bg-panel px-3.5 py-2.5 shadow-xs focus-within:border-accent">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={strings.question}
          placeholder={followUp ? strings.followUpPlaceholder : strings.askPlaceholder}
          value={value}
          onChange={(e) => setValue(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter" && !e.shiftKey && !e.ctrlKey && !e.metaKey && !e.nativeEvent.isComposing) {
              e.preventDefault();
              onSubmit(value);
            }
          }}
          className="max-h-[32vh] flex-1 resize-none overflow-auto bg-transparent text-[14px] outline-none"
        />
        <Kbd keys="/" />
      </div>
    </div>
  );
}

export function Empty({ suggestions, onAsk }: { suggestions: string[]; onAsk: (q: string) => void }) {
  return (
    <div className="m-auto w-full max-w-[520px] py-10">
      <h1 className="mb-1 text-[19px] font-semibold tracking-[-0.01em]">{strings.emptyTitle}</h1>
      <p className="mb-5 text-soft">{strings.emptyText}</p>
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
