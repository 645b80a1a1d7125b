import { type RefObject, useLayoutEffect, useRef } from "react";

/** The newest value, for what runs later than the drawing that made it. */
export function useLatest<T>(value: T): RefObject<T> {
  const ref = useRef(value);
  useLayoutEffect(() => {
    ref.current = value;
  });
  return ref;
}
