// How the window looks for this person on this machine.
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { provided } from "./provided";

export type Preferences = {
  theme: "system" | "light" | "dark";
  size: "small" | "medium" | "large";
  motion: "system" | "reduced";
};

type Kept = { preferences: Preferences; prefer: (next: Preferences) => void };

const KEY = "mortar.preferences";
const INITIAL: Preferences = { theme: "system", size: "medium", motion: "system" };

const [Context, usePreferences] = provided<Kept>("preference");

export { usePreferences };

function read(): Preferences {
  try {
    return { ...INITIAL, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
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
      root.dataset.size = preferences.size;
      root.dataset.motion = preferences.motion;
    };
    apply();
    localStorage.setItem(KEY, JSON.stringify(preferences));
    dark.addEventListener("change", apply);
    return () => dark.removeEventListener("change", apply);
  }, [preferences]);
  const kept = useMemo(() => ({ preferences, prefer }), [preferences]);
  return <Context value={kept}>{children}</Context>;
}
