// How far each conversation was read: where it is gone back to, it stands there again.
import { type RefObject, useCallback, useEffect, useRef } from "react";
import { useNavigation } from "../session/navigation";
import { useConversation } from "./conversation";

/** To be told when the conversation was scrolled. */
export function usePlace(scroll: RefObject<HTMLElement | null>) {
  const { call, sought } = useConversation();
  const { screen } = useNavigation();
  const places = useRef(new Map<string, number>());
  // Behind the turns' own effects: a new one puts itself on top.
  useEffect(() => {
    const place = places.current.get(call);
    if (screen === "ask" && !sought && scroll.current && place !== undefined) scroll.current.scrollTop = place;
  }, [call, sought, screen, scroll]);
  return useCallback(() => {
    if (scroll.current && screen === "ask") places.current.set(call, scroll.current.scrollTop);
  }, [call, screen, scroll]);
}
