// What the window says in passing, for a moment: that something is done, or why it is not.
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { asError } from "../backend/backend";
import { More } from "./more";
import { type Plain, plainError } from "./plain";
import { provided } from "./provided";
import { strings } from "./strings";
import { cx } from "./ui";

type Saying = {
  say: (words: string) => void;
  warn: (words: string) => void;
  /** Says what was thrown. */
  fail: (e: unknown) => void;
};

const [Context, useSaid] = provided<Saying>("voice");

export { useSaid };

export function SaidProvider({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState<(Plain & { bad: boolean }) | null>(null);
  const [reading, setReading] = useState(false);
  const saying = useMemo<Saying>(() => {
    const tell = (of: Plain, bad: boolean) => {
      setReading(false);
      setSaid({ ...of, bad });
    };
    return {
      say: (words) => tell({ words, more: null }, false),
      warn: (words) => tell({ words, more: null }, true),
      fail: (e) => tell(plainError(asError(e), strings.didNotWork), true),
    };
  }, []);
  useEffect(() => {
    // Whoever reads on has the time for it.
    if (!said || reading) return;
    const t = setTimeout(() => setSaid(null), said.bad ? 8000 : 2500);
    return () => clearTimeout(t);
  }, [said, reading]);
  return (
    <Context value={saying}>
      {children}
      <div
        aria-live="assertive"
        className="pointer-events-none fixed inset-x-0 bottom-24 z-50 flex justify-center px-6"
      >
        {said && (
          <div
            onToggle={(e) => setReading(e.target instanceof HTMLDetailsElement && e.target.open)}
            className={cx(
              "max-w-[560px] rounded-lg px-3.5 py-2 text-[13px] font-medium shadow-lg",
              said.more && "pointer-events-auto relative pr-9",
              said.bad ? "bg-warn-bg text-warn" : "bg-ink text-bg",
            )}
          >
            {said.bad ? "▲ " : "✓ "}
            {said.words}
            {said.more && (
              <>
                <More words={said.more} />
                <button
                  type="button"
                  aria-label={strings.close}
                  onClick={() => setSaid(null)}
                  className="absolute top-1.5 right-2 rounded px-1.5"
                >
                  ✕
                </button>
              </>
            )}
          </div>
        )}
      </div>
    </Context>
  );
}
