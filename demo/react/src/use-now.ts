import { useEffect, useState } from "react";

const TICK_MS = 100;

/** The time in ms since 1970, updated ten times a second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
