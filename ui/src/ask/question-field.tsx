// The one field below a conversation. What is typed is its own: a key draws nothing else.
import { useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import { useFields, useNavigation } from "../session/navigation";
import { strings } from "../shared/strings";
import { Kbd } from "../shared/ui";

type Props = {
  onSubmit: (question: string) => void;
  followUp: boolean;
  /** What was asked last: in an empty field, ↑ brings it back. */
  last: string | null;
};

/** Grows with a pasted message, up to a third of the window. */
export function QuestionField({ onSubmit, followUp, last }: Props) {
  const { question } = useFields();
  const { screen } = useNavigation();
  const [value, setValue] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useImperativeHandle(question, () => ({ focus: () => field.current?.focus(), change: setValue }), []);
  useLayoutEffect(() => {
    if (screen === "ask") field.current?.focus();
  }, [screen]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const f = field.current;
    if (!f) return;
    f.style.height = "auto";
    // Behind Browse it cannot be measured, and keeps its one row.
    if (f.scrollHeight > 0) f.style.height = `${f.scrollHeight}px`;
  }, [value]);
  return (
    <div className="px-9 pt-3 pb-[18px] tight:px-3 tight:pt-2 tight:pb-2">
      <div className="mx-auto flex max-w-[760px] items-start gap-2.5 rounded-xl border border-line bg-panel px-3.5 py-2.5 shadow-xs focus-within:border-accent">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={strings.question}
          aria-keyshortcuts="/"
          placeholder={followUp ? strings.followUpPlaceholder : strings.askPlaceholder}
          value={value}
          onChange={(e) => setValue(e.target.value)}
          onKeyDown={(e) => {
            if (e.key === "Enter" && !e.shiftKey && !e.ctrlKey && !e.metaKey && !e.nativeEvent.isComposing) {
              e.preventDefault();
              onSubmit(value);
            }
            if (e.key === "ArrowUp" && value === "" && last !== null) {
              e.preventDefault();
              setValue(last);
            }
          }}
          className="max-h-[32vh] flex-1 resize-none overflow-auto bg-transparent text-[14px] outline-none"
        />
        <Kbd keys="/" hint />
      </div>
    </div>
  );
}
