import { useEffect, useState } from "react";

import { messageOf } from "../api/client";
import type { Api } from "../api/client";
import type { PlatformHealth } from "../api/schema";

export type Health = { state: "asking" } | { state: "known"; health: PlatformHealth } | { state: "unknown"; problem: string };

const EVERY_MS = 4000;
const TIMEOUT_MS = 5000;

/** The platform's health, asked for every few seconds while the page is looked at. */
export function useHealth(api: Api): Health {
  const [health, setHealth] = useState<Health>({ state: "asking" });

  useEffect(() => {
    let timer = 0;
    let over = false;
    const ask = async () => {
      const next = document.hidden ? null : await measure(api);
      if (over) {
        return;
      }
      if (next) {
        setHealth(next);
      }
      timer = window.setTimeout(() => void ask(), EVERY_MS);
    };
    timer = window.setTimeout(() => void ask(), 0);
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [api]);

  return health;
}

async function measure(api: Api): Promise<Health> {
  try {
    return { state: "known", health: await api.health(AbortSignal.timeout(TIMEOUT_MS)) };
  } catch (problem) {
    return { state: "unknown", problem: messageOf(problem) };
  }
}
