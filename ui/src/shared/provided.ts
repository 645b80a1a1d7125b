// A context that is always provided: whoever reads it needs no case for its absence.
import { createContext, useContext } from "react";

export function provided<T>(what: string) {
  const Context = createContext<T | null>(null);
  function useProvided(): T {
    const value = useContext(Context);
    if (value === null) throw new Error(`no ${what} is provided`);
    return value;
  }
  return [Context, useProvided] as const;
}
