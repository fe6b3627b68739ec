import { useEffect, useState } from "react";

import type { Api } from "../api/client";
import type { Clock } from "../api/schema";

/** Simulated time; null where there is no simulator, or while it does not answer. */
export function useClock(api: Api): [Clock | null, (clock: Clock) => void] {
  const [clock, setClock] = useState<Clock | null>(null);
  useEffect(() => {
    let over = false;
    const ask = async () => {
      try {
        const found = await api.clock();
        if (!over) {
          setClock(found);
        }
      } catch {
        // The health strip says what is down.
      }
    };
    const timer = setTimeout(() => void ask(), 0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [api]);
  return [clock, setClock];
}
