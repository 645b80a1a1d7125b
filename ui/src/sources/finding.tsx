// A text that is read on one of the two screens, and the words that are looked for in it.
import { type ReactNode, type RefObject, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type Screen, useFields } from "../session/navigation";
import { focusBack, useHome } from "../shared/focus";
import { strings } from "../shared/strings";

/** What the text is told: which words, which of their places is looked at, and whom to tell how many there are. */
export type Finding = { words: string; at: number; onFound: (count: number) => void };

type Props = {
  screen: Screen;
  label: string;
  page?: RefObject<HTMLElement | null>;
  children: (finding: Finding) => ReactNode;
};

export function Findable({ screen, label, page, children }: Props) {
  const { texts } = useFields();
  const home = useHome();
  const field = useRef<HTMLInputElement>(null);
  const before = useRef<Element | null>(null);
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [count, setCount] = useState(0);
  const look = (typed: string) => {
    setWords(typed);
    setAt(0);
  };
  useImperativeHandle(texts[screen], () => ({
    find() {
      if (document.activeElement !== field.current) before.current = document.activeElement;
      setOpen(true);
      // Where it is open already, the next words replace these.
      field.current?.focus();
      field.current?.select();
    },
    letGo() {
      if (!open) return false;
      setOpen(false);
      look("");
      focusBack(before.current, home);
      return true;
    },
  }));
  useLayoutEffect(() => {
    if (open) field.current?.focus();
  }, [open]);
  // The same as long as it says the same: a long text is drawn for nothing else.
  const finding = useMemo(() => ({ words, at, onFound: setCount }), [words, at]);
  const step = (by: number) => count > 0 && setAt((at + by + count) % count);
  return (
    <>
      {open && (
        <search className="flex items-center gap-2 border-b border-line px-5 py-2 print:hidden">
          <input
            ref={field}
            aria-label={strings.findHere}
            placeholder={strings.findHere}
            value={words}
            onChange={(e) => look(e.target.value)}
            onKeyDown={(e) => e.key === "Enter" && step(e.shiftKey ? -1 : 1)}
            className="min-w-0 flex-1 rounded-lg border border-line bg-bg px-2.5 py-1 outline-none focus:border-accent"
          />
          <span aria-live="polite" className="text-[12.5px] whitespace-nowrap text-faint">
            {words.trim() !== "" && strings.hits(at + 1, count)}
          </span>
        </search>
      )}
      <section
        ref={page}
        tabIndex={0}
        aria-label={label}
        className="min-h-0 flex-1 overflow-auto px-5 py-3.5 print:overflow-visible"
      >
        {children(finding)}
      </section>
    </>
  );
}
