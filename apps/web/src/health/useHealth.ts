import { useEffect, useState } from "react";

import { messageOf } from "../api/client";
import type { Api } from "../api/client";
import type { PlatformHealth, ServiceHealth } from "../api/schema";

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

/** Since when the page's own server is as it is. */
const own: { state: ServiceHealth["state"]; since: string } = { state: "up", since: new Date().toISOString() };

/** Of the server that this page came from the gateway knows nothing. */
async function askOwnServer(): Promise<ServiceHealth> {
  const began = performance.now();
  let state: ServiceHealth["state"] = "down";
  try {
    const answer = await fetch("/health/ready", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    state = answer.ok ? "up" : "degraded";
  } catch {
    // It does not answer.
  }
  if (state !== own.state) {
    Object.assign(own, { state, since: new Date().toISOString() });
  }
  return { name: "web", state, ms: performance.now() - began, detail: state === "down" ? "does not answer" : "", since: own.since };
}

async function measure(api: Api): Promise<Health> {
  try {
    const [health, web] = await Promise.all([api.health(AbortSignal.timeout(TIMEOUT_MS)), askOwnServer()]);
    const status = health.status === "ok" && web.state !== "up" ? "degraded" : health.status;
    return { state: "known", health: { status, services: [...health.services, web] } };
  } catch (problem) {
    return { state: "unknown", problem: messageOf(problem) };
  }
}
