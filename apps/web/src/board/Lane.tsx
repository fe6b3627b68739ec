import { useEffect, useRef } from "react";

import type { LaneName, Order } from "../api/schema";
import { OrderCard } from "./OrderCard";
import { OrderRow } from "./OrderRow";

interface Props {
  name: LaneName;
  title: string;
  empty: string;
  orders: readonly Order[];
  /** How many there are, here or not. */
  count: number;
  /** Asks for more; null when all are here. */
  more: ((lane: LaneName) => void) | null;
  now: number;
  onRetry: (printJobId: string) => Promise<void>;
}

export function Lane({ name, title, empty, orders, count, more, now, onRetry }: Props) {
  return (
    <section className={`lane lane-${name}`} aria-labelledby={`lane-${name}`}>
      <h3 id={`lane-${name}`} className="lane-title">
        {title} <span className="lane-count">{count}</span>
      </h3>
      {orders.length === 0 && <p className="lane-empty">{empty}</p>}
      {orders.length > 0 && (
        <div className="lane-orders" tabIndex={0} role="group" aria-label={`${title}, ${orders.length} of ${count}`}>
          {orders.map((order) =>
            name === "delivered" ? (
              <OrderRow key={order.id} order={order} now={now} />
            ) : (
              <OrderCard key={order.id} order={order} now={now} onRetry={onRetry} />
            ),
          )}
          {more && (
            <More
              title={title}
              onMore={() => {
                more(name);
              }}
            />
          )}
        </div>
      )}
    </section>
  );
}

/** Asks for more as soon as it is scrolled to, and when it is pressed. */
function More({ title, onMore }: { title: string; onMore: () => void }) {
  const place = useRef<HTMLButtonElement>(null);
  const ask = useRef(onMore);
  useEffect(() => {
    ask.current = onMore;
  }, [onMore]);
  useEffect(() => {
    const button = place.current;
    if (!button) {
      return;
    }
    const seen = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        ask.current();
      }
    });
    seen.observe(button);
    return () => {
      seen.disconnect();
    };
  });
  return (
    <button ref={place} className="button button-small lane-more" type="button" onClick={onMore} aria-label={`More of ${title}`}>
      More
    </button>
  );
}
