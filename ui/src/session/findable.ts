// What the palette finds beside commands: documents, their steps, the day's conversations.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { useBackend } from "../backend/context";
import { type Step, stepsOf } from "../browse/steps";
import { useStatus } from "./status";

/** So many of each, and steps of so many documents. */
const SHOWN = 5;

/** Whether each word that was typed begins a word of these. */
export function holds(words: string, typed: string): boolean {
  const held = words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const wanted = typed.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return wanted.every((w) => held.some((h) => h.startsWith(w)));
}

export function useFindable(now: string) {
  const backend = useBackend();
  const { records_problem } = useStatus();
  const typed = useDeferredValue(now.trim());
  const {
    data: found = [],
    isPlaceholderData,
    isPending,
  } = useQuery({
    queryKey: ["find", typed],
    queryFn: () => backend.find(typed),
    enabled: typed !== "",
    placeholderData: (before) => before,
  });
  const documents = typed === "" ? [] : found.slice(0, SHOWN);
  const steps = useQueries({
    queries: documents.map(({ id }) => ({ queryKey: ["document", id], queryFn: () => backend.document(id) })),
    combine: (read) =>
      read
        .flatMap(({ data }) => (data ? stepsOf(data) : []))
        .filter((s) => holds(inFull(s), typed))
        .slice(0, SHOWN),
  });
  const { data: rows = [] } = useQuery({
    queryKey: ["conversations"],
    queryFn: () => backend.conversations(),
    enabled: !records_problem,
  });
  const conversations = typed === "" ? [] : rows.filter((c) => holds(c.title, typed)).slice(0, SHOWN);
  /** What is found is of what is typed by now. */
  const settled = typed === now.trim() && (typed === "" || !(isPending || isPlaceholderData));
  return { documents, steps, conversations, settled };
}

/** With all that it may be asked for by. */
const inFull = ({ title, number, words }: Step) => `${title} step ${number} ${words}`;
