// Asks the program and hears what comes of it.
import { useCallback, useReducer } from "react";
import { flushSync } from "react-dom";
import { asError, type Event } from "../backend/backend";
import { useBackend } from "../backend/context";
import { useLatest } from "../shared/latest";
import { EMPTY, reduce } from "./reduce";
import { blank, own, type Turn } from "./turns";

let counter = 0;

export function useTurns(onAsked: (kept: boolean) => void) {
  const backend = useBackend();
  const [conversation, dispatch] = useReducer(reduce, EMPTY);
  const now = useLatest(conversation);
  const running = conversation.turns.some((t) => t.state === "searching" || t.state === "running");

  const hears = useCallback((turn: Turn) => {
    let behind = turn.draft.length;
    return (event: Event) => {
      if (event.event === "writing") return turn.coming.become({ text: event.text, behind });
      if (event.event === "text") behind += event.piece.length;
      const change = () => dispatch({ do: "event", key: turn.key, event });
      // The first words come right behind the passages: the card they stand in is made at once.
      if (event.event === "passages") flushSync(change);
      else change();
    };
  }, []);
  const ask = useCallback(
    async (question: string) => {
      const key = `turn-${++counter}`;
      const turn = blank(key, question);
      dispatch({ do: "begin", turn });
      try {
        const { exchange } = await backend.ask(question, now.current.id, hears(turn));
        dispatch({ do: "asked", key, exchange });
        onAsked(exchange !== null);
      } catch (e) {
        dispatch({ do: "failed", key, error: asError(e) });
      }
    },
    [backend, onAsked, hears, now],
  );
  const goOn = useCallback(
    async (turn: Turn, exchange: string, fail: (e: unknown) => void) => {
      const { key } = turn;
      // The card takes what comes only where it knows that it is written to, however busy the page is.
      flushSync(() => dispatch({ do: "going on", key }));
      const went = await backend.goOn(exchange, hears(turn)).catch((e) => {
        fail(e);
        return null;
      });
      dispatch({ do: "went on", key, exchange: went });
    },
    [backend, hears],
  );
  const checkWords = useCallback((text: string) => dispatch({ do: "begin", turn: own(`turn-${++counter}`, text) }), []);
  const show = useCallback(
    async (id: string, exchange?: string) =>
      dispatch({ do: "show", id, exchanges: await backend.conversation(id), exchange }),
    [backend],
  );
  const reset = useCallback(() => dispatch({ do: "reset", call: `call-${++counter}` }), []);
  return { conversation, running, ask, goOn, checkWords, show, reset, dispatch };
}
