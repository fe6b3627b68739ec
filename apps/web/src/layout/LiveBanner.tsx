import type { LiveState } from "../board/useOrders";

/** Says when what is shown may be out of date. The region is always there, so that its change is announced. */
export function LiveBanner({ live, problem }: { live: LiveState; problem: string | null }) {
  return (
    <div role="alert" className="banner-place">
      {live === "off" && <p className="banner">Live updates are off. Trying to connect again…</p>}
      {live !== "off" && problem !== null && <p className="banner">{problem} What you see may be out of date.</p>}
    </div>
  );
}
