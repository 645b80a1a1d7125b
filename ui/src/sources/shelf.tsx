// The documents that this person has pinned, and those that were read last. They stay on this device, of each tenant
// its own; titles alone are kept, and how a document is called by now is seen when it is read again.
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import type { DocumentRow } from "../backend/backend";
import { useStatus } from "../session/status";
import { provided } from "../shared/provided";

export type Kept = Pick<DocumentRow, "id" | "title">;

type Shelf = { pinned: Kept[]; recent: Kept[] };

type Shelving = Shelf & {
  pin: (document: Kept) => void;
  read: (document: Kept) => void;
};

const [Context, useShelf] = provided<Shelving>("shelf");

export { useShelf };

/** More of each would be a list to search, and that is what Browse is. */
const PINNED = 12;
const RECENT = 5;
/** Who passes a document by has not read it. */
const READ_MS = 1500;

const EMPTY: Shelf = { pinned: [], recent: [] };

const isKept = (d: unknown): d is Kept =>
  typeof d === "object" &&
  d !== null &&
  "id" in d &&
  typeof d.id === "string" &&
  "title" in d &&
  typeof d.title === "string";

function readShelf(key: string): Shelf {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
    const list = (of: unknown, most: number) => (Array.isArray(of) ? of.filter(isKept).slice(0, most) : []);
    return { pinned: list(kept.pinned, PINNED), recent: list(kept.recent, RECENT) };
  } catch {
    return EMPTY;
  }
}

const first = (document: Kept, of: Kept[], most: number) =>
  [{ id: document.id, title: document.title }, ...of.filter((d) => d.id !== document.id)].slice(0, most);

export function ShelfProvider({ children }: { children: ReactNode }) {
  const { tenant } = useStatus();
  const key = `mortar.shelf.${tenant}`;
  const [shelf, setShelf] = useState(() => readShelf(key));
  useEffect(() => localStorage.setItem(key, JSON.stringify(shelf)), [key, shelf]);
  const pin = useCallback((document: Kept) => {
    setShelf((s) => {
      const on = s.pinned.some((d) => d.id === document.id);
      return { ...s, pinned: on ? s.pinned.filter((d) => d.id !== document.id) : first(document, s.pinned, PINNED) };
    });
  }, []);
  const read = useCallback((document: Kept) => {
    const named = (d: Kept) => (d.id === document.id ? { id: d.id, title: document.title } : d);
    setShelf((s) => ({ pinned: s.pinned.map(named), recent: first(document, s.recent, RECENT) }));
  }, []);
  const shelving = useMemo(() => ({ ...shelf, pin, read }), [shelf, pin, read]);
  return <Context value={shelving}>{children}</Context>;
}

/** Notes that a document is read, once somebody has stayed with it. */
export function useReading({ id, title }: Kept, shown: boolean) {
  const { read } = useShelf();
  useEffect(() => {
    if (!shown) return;
    const t = setTimeout(() => read({ id, title }), READ_MS);
    return () => clearTimeout(t);
  }, [id, title, shown, read]);
}
