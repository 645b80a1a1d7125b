// How the window looks for this person on this machine.
import { useEffect, useState } from "react";

export type Preferences = {
  theme: "system" | "light" | "dark";
  size: "small" | "medium" | "large";
  motion: "system" | "reduced";
};

const KEY = "mortar.preferences";
const INITIAL: Preferences = { theme: "system", size: "medium", motion: "system" };

function read(): Preferences {
  try {
    return { ...INITIAL, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return INITIAL;
  }
}

export function usePreferences() {
  const [preferences, set] = useState(read);
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
  return [preferences, set] as const;
}
