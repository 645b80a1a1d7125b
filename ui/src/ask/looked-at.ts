// Which answer the operator looks at: the keys mean that one.
import { useCallback } from "react";
import { useAsking, useConversation } from "./conversation";

type Span = { top: number; bottom: number };

type Seen = Span & { key: string; focused: boolean };

/**
 * The present one while all of it is in view; else the one of which most is seen, the upper of two alike. Who types
 * in one looks at it, unless twice as much of another is seen.
 */
export function lookedAt(view: Span, turns: Seen[], present: string | null): string | null {
  const whole = (t: Span) => t.top >= view.top && t.bottom <= view.bottom && t.bottom > t.top;
  if (turns.some((t) => t.key === present && whole(t))) return present;
  let best: { key: string; much: number } | null = null;
  for (const { key, top, bottom, focused } of turns) {
    const much = (Math.min(bottom, view.bottom) - Math.max(top, view.top)) * (focused ? 2 : 1);
    if (much > 0 && (!best || much > best.much)) best = { key, much };
  }
  return best?.key ?? null;
}

/** To be called when the conversation was scrolled. */
export function useLookedAt() {
  const { turns, current } = useConversation();
  const present = current?.key ?? null;
  const { dispatch } = useAsking();
  return useCallback(
    (conversation: Element) => {
      const drawn = [...conversation.querySelectorAll("[data-turn]")];
      const seen = turns.flatMap(({ key }, i) => {
        const turn = drawn[i];
        // Its answer comes last; below it, the newest is blank.
        const box = turn?.lastElementChild?.getBoundingClientRect();
        return box
          ? [{ key, top: box.top, bottom: box.bottom, focused: turn?.contains(document.activeElement) ?? false }]
          : [];
      });
      const key = lookedAt(conversation.getBoundingClientRect(), seen, present);
      if (key) dispatch({ do: "go to", key });
    },
    [turns, present, dispatch],
  );
}
