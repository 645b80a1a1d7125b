// How the window looks for this person on this machine.
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useState } from "react";
import { provided } from "./provided";

export type Preferences = {
  theme: "system" | "light" | "dark";
  /** In percent, one of ZOOMS. */
  zoom: number;
  motion: "system" | "reduced";
  /** Answers are put into the customer's words as they come. */
  forCustomer: boolean;
  /** The operator's own name, as the tenant's closing has it. */
  operator: string;
};

export const ZOOMS = [80, 90, 100, 115, 130, 150, 175, 200];

/** One step larger (1) or smaller (-1), where there is one. */
export const zoomed = (from: number, by: 1 | -1) => ZOOMS[ZOOMS.indexOf(from) + by] ?? from;

/** How much room that leaves, in the window's own pixels: below, the source lies over the answer; below, one column. */
const NARROW = 1100;
const TIGHT = 720;

type Kept = { preferences: Preferences; prefer: (next: Preferences) => void };

const KEY = "mortar.preferences";
const INITIAL: Preferences = { theme: "system", zoom: 100, motion: "system", forCustomer: false, operator: "" };

const [Context, usePreferences] = provided<Kept>("preference");

export { usePreferences };

function read(): Preferences {
  try {
    const kept: Preferences = { ...INITIAL, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
    return ZOOMS.includes(kept.zoom) ? kept : { ...kept, zoom: INITIAL.zoom };
  } catch {
    return INITIAL;
  }
}

export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [preferences, prefer] = useState(read);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const root = document.documentElement;
      root.dataset.theme = preferences.theme === "system" ? (dark.matches ? "dark" : "light") : preferences.theme;
      root.dataset.motion = preferences.motion;
    };
    apply();
    localStorage.setItem(KEY, JSON.stringify(preferences));
    dark.addEventListener("change", apply);
    return () => dark.removeEventListener("change", apply);
  }, [preferences]);
  useRoom(preferences.zoom);
  const kept = useMemo(() => ({ preferences, prefer }), [preferences]);
  return <Context value={kept}>{children}</Context>;
}

/** Media queries would count the screen's pixels, whatever is zoomed. */
function useRoom(zoom: number) {
  useLayoutEffect(() => {
    const apply = () => {
      document.body.style.zoom = String(zoom / 100);
      const room = (innerWidth * 100) / zoom;
      document.documentElement.dataset.room = room < TIGHT ? "tight" : room < NARROW ? "narrow" : "wide";
    };
    apply();
    window.addEventListener("resize", apply);
    return () => window.removeEventListener("resize", apply);
  }, [zoom]);
}
