// What the window says in passing, for a moment: that something is done, or why it is not.
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { asError } from "../backend/backend";
import { provided } from "./provided";
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
  const [said, setSaid] = useState<{ words: string; bad: boolean } | null>(null);
  const saying = useMemo<Saying>(() => {
    const warn = (words: string) => setSaid({ words, bad: true });
    return { say: (words) => setSaid({ words, bad: false }), warn, fail: (e) => warn(asError(e).message) };
  }, []);
  useEffect(() => {
    if (!said) return;
    const t = setTimeout(() => setSaid(null), said.bad ? 8000 : 2500);
    return () => clearTimeout(t);
  }, [said]);
  return (
    <Context value={saying}>
      {children}
      <div
        aria-live="assertive"
        className="pointer-events-none fixed inset-x-0 bottom-24 z-50 flex justify-center px-6"
      >
        {said && (
          <p
            className={cx(
              "rounded-lg px-3.5 py-2 text-[13px] font-medium shadow-lg",
              said.bad ? "bg-warn-bg text-warn" : "bg-ink text-bg",
            )}
          >
            {said.bad ? "▲ " : "✓ "}
            {said.words}
          </p>
        )}
      </div>
    </Context>
  );
}
