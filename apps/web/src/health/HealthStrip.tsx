import type { Api } from "../api/client";
import type { PlatformHealth, ServiceHealth } from "../api/schema";
import { formatDuration, formatMs } from "../format";
import { useNow } from "../layout/useNow";
import { useHealth } from "./useHealth";

const AGE_EVERY_MS = 5000;

const SUMMARY: Record<PlatformHealth["status"], string> = {
  ok: "All up",
  degraded: "Degraded",
  down: "Down",
};

export function HealthStrip({ api }: { api: Api }) {
  const health = useHealth(api);
  return (
    <section className="health" aria-label="Platform health">
      {health.state === "asking" && <p className="health-summary quiet">Looking at the platform…</p>}
      {health.state === "unknown" && <p className="health-summary health-down">{health.problem}</p>}
      {health.state === "known" && (
        <>
          <p className={`health-summary health-${health.health.status}`}>{SUMMARY[health.health.status]}</p>
          <ul>
            {health.health.services.map((service) => (
              <Service key={service.name} service={service} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Service({ service }: { service: ServiceHealth }) {
  const { name, state, ms, detail, since } = service;
  const now = useNow(AGE_EVERY_MS);
  return (
    <li className={`service service-${state}`} title={detail || undefined}>
      <span className="service-dot" aria-hidden="true" />
      <span className="service-name">{name}</span>
      <span className={state === "up" ? "unseen" : "service-state"}>{state}</span>
      {state !== "up" && <span className="service-why">{`${detail ? `${detail}, ` : ""}for ${formatDuration(since, now)}`}</span>}
      {state === "up" && typeof ms === "number" && <span className="service-ms">{formatMs(ms)}</span>}
    </li>
  );
}
