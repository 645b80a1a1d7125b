// A value outside of the components: it changes often, and only those that follow it are drawn anew.
import { useSyncExternalStore } from "react";

export type Followed<T> = {
  now: () => T;
  listen: (then: () => void) => () => void;
};

export type Store<T> = Followed<T> & { become: (next: T) => void };

export function createStore<T>(first: T): Store<T> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    now: () => value,
    listen: (then) => {
      listeners.add(then);
      return () => listeners.delete(then);
    },
    become: (next) => {
      value = next;
      for (const tell of listeners) tell();
    },
  };
}

export function useStore<T>(store: Followed<T>): T {
  return useSyncExternalStore(store.listen, store.now);
}
