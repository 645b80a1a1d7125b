// The documents of the present release, and those of them that the filter lets through.
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";
import type { DocumentRow } from "../backend/backend";
import { useBackend } from "../backend/context";
import type { Filter } from "./filter";

export function useDocuments() {
  const backend = useBackend();
  return useQuery({ queryKey: ["documents"], queryFn: () => backend.documents(), staleTime: Number.POSITIVE_INFINITY });
}

export function useFound(filter: Filter) {
  const backend = useBackend();
  const typed = useDeferredValue(filter.typed.trim() === "" ? "" : filter.typed);
  const all = useDocuments();
  const found = useQuery({
    queryKey: ["find", typed],
    queryFn: () => backend.find(typed),
    enabled: typed !== "",
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => {
    const base: DocumentRow[] = (typed ? found.data : all.data) ?? [];
    return base.filter(
      (d) => (filter.kind === null || d.kind === filter.kind) && (filter.tag === null || d.tags.includes(filter.tag)),
    );
  }, [typed, found.data, all.data, filter.kind, filter.tag]);
  return {
    rows,
    error: all.error ?? (typed ? found.error : null),
    /** What is shown is of what is typed by now. */
    settled:
      filter.typed.trim() === ""
        ? all.isSuccess
        : typed === filter.typed && found.isSuccess && !found.isPlaceholderData,
    loading: all.isPending || (typed !== "" && found.isPending),
  };
}
