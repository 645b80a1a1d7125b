import { useEffect, useState } from "react";

/** Draws again twice a minute: "5 min ago" must not stand still where nothing else changes. */
export function useMinute() {
  const [, tick] = useState(0);
  useEffect(() => {
    const t = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(t);
  }, []);
}
