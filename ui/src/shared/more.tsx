// Words for an operator, and behind them what whoever mends it needs.

import type { Plain } from "./plain";
import { strings } from "./strings";

export function Told({ of, className }: { of: Plain; className?: string }) {
  return (
    <div className={className}>
      {of.words}
      {of.more && <More words={of.more} />}
    </div>
  );
}

export function More({ words, label = strings.more }: { words: string; label?: string }) {
  return (
    <details className="mt-1 text-[12px]">
      <summary className="w-fit rounded underline">{label}</summary>
      <p className="mt-1 break-words whitespace-pre-line select-text">{words}</p>
    </details>
  );
}
