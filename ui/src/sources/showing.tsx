// The source panel as the window shares it: what it shows, and whether it lies open where there is no room beside.
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { useConversation } from "../ask/conversation";
import { useBackend } from "../backend/context";
import { useLatest } from "../shared/latest";
import { provided } from "../shared/provided";
import type { Shown } from "./shown";
import { type Choice, type Source, useShown } from "./use-shown";

/** In a narrow window the panel lies over the answer, and is folded away until a source is chosen. */
type Panel = { folded: boolean };

/** Made once: who only chooses is not drawn when something else is shown. */
type Choosing = Choice & { fold: () => void; toggle: () => void };

const [SourceContext, useSource] = provided<Source & Panel>("source");
const [ChoiceContext, useChoice] = provided<Choosing>("source");

export { useChoice, useSource };

export function SourceProvider({ children }: { children: ReactNode }) {
  const { newest, current } = useConversation();
  const { shown, sentence, choose: show, at, pass } = useShown(newest, current?.key ?? null);
  const [folded, setFolded] = useState(true);
  const backend = useBackend();
  const exchange = useLatest(current?.exchange?.id);
  const choose = useCallback(
    (next: Shown) => {
      show(next);
      setFolded(false);
      // A signal for who makes the knowledge: nobody waits for it, and nothing is lost without it.
      if (exchange.current) backend.openedBeside(exchange.current, next.document).catch(() => {});
    },
    [show, backend, exchange],
  );
  const fold = useCallback(() => setFolded(true), []);
  const toggle = useCallback(() => setFolded((f) => !f), []);
  const source = useMemo(() => ({ shown, sentence, folded }), [shown, sentence, folded]);
  const choosing = useMemo(() => ({ choose, at, pass, fold, toggle }), [choose, at, pass, fold, toggle]);
  return (
    <ChoiceContext value={choosing}>
      <SourceContext value={source}>{children}</SourceContext>
    </ChoiceContext>
  );
}
