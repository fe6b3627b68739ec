import type { LiveState } from "../board/useOrders";

const TEXT: Record<LiveState, string> = { connecting: "Connecting", live: "Live", off: "Offline" };

export function LiveMark({ live }: { live: LiveState }) {
  return (
    <span className={`live live-${live}`}>
      <span className="live-dot" aria-hidden="true" />
      {TEXT[live]}
    </span>
  );
}
