import { useState } from "react";

import { messageOf } from "../api/client";
import type { Api } from "../api/client";
import type { Clock } from "../api/schema";

const SPEEDS = [1, 20, 100, 1000];

interface Props {
  api: Api;
  clock: Clock;
  onClock: (clock: Clock) => void;
}

/** In development: orders to try, and how fast time runs for printers and carriers. */
export function SimulatorBar({ api, clock, onClock }: Props) {
  const [seed, setSeed] = useState("");
  const [said, setSaid] = useState("");
  const attempt = async (work: () => Promise<string>) => {
    try {
      setSaid(await work());
    } catch (problem) {
      setSaid(messageOf(problem));
    }
  };
  const change = (wanted: Partial<Clock>) =>
    attempt(async () => {
      const now = await api.setClock(wanted);
      onClock(now);
      return now.paused ? "Time stands still." : `Time runs ${now.speed} times as fast.`;
    });
  const place = () =>
    attempt(async () => {
      const placed = await api.placeOrder(seed.trim() === "" ? null : Number(seed));
      return `Order ${placed.number} was placed (seed ${placed.seed}).`;
    });
  const speeds = SPEEDS.includes(clock.speed) ? SPEEDS : [...SPEEDS, clock.speed].sort((a, b) => a - b);
  return (
    <section className="simulator" aria-label="Simulator">
      <strong>Simulator</strong>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void place();
        }}
      >
        <input type="number" min={0} max={Number.MAX_SAFE_INTEGER} step={1} aria-label="Seed" placeholder="any seed" value={seed} onChange={(event) => { setSeed(event.target.value); }} />
        <button className="button button-small" type="submit">
          Send a test order
        </button>
      </form>
      <select aria-label="Speed of simulated time" value={clock.speed} onChange={(event) => void change({ speed: Number(event.target.value) })}>
        {speeds.map((speed) => (
          <option key={speed} value={speed}>
            {speed} × as fast
          </option>
        ))}
      </select>
      <button className="button button-small" type="button" aria-pressed={clock.paused} onClick={() => void change({ paused: !clock.paused })}>
        {clock.paused ? "Let time go on" : "Stop time"}
      </button>
      <p className="quiet" role="status">
        {said}
      </p>
    </section>
  );
}
