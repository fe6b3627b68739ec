import { memo } from "react";

import { sentence } from "../api/client";
import type { Order } from "../api/schema";
import { formatAge, formatMoment, formatMoney } from "../format";
import { Badge } from "../layout/Badge";
import { OrderLink } from "../order/OrderLink";
import { ItemRow } from "./ItemRow";
import { ParcelLine } from "./ParcelLine";
import { ORDER_TONES, pendingStep } from "./words";

interface Props {
  order: Order;
  now: number;
  onRetry: (printJobId: string) => Promise<void>;
}

/** Lines that a card shows; its page shows them all. */
const MOST_ITEMS = 4;

/** Drawn again when its own order changes, not with every other. */
export const OrderCard = memo(function OrderCard({ order, now, onRetry }: Props) {
  const age = (
    <time className="card-age" dateTime={order.updated_at} title={formatMoment(order.updated_at)}>
      {formatAge(order.updated_at, now)}
    </time>
  );
  // The lane it is in says its status, unless the lane holds several.
  const told = order.status === order.lane;
  const pending = pendingStep(order);
  const hidden = order.items.length - MOST_ITEMS;
  return (
    <article className={`card card-${order.status}`} aria-label={`Order ${order.number}`} data-status={order.status}>
      <header className="card-head">
        <h4>
          <OrderLink order={order} />
        </h4>
        {told ? age : <Badge tone={ORDER_TONES[order.status]}>{order.status}</Badge>}
      </header>
      <p className="card-who">
        <span className="card-customer">{order.customer}</span>
        <span className="card-total">{formatMoney(order.total, order.currency)}</span>
      </p>
      {order.waits ? <p className="card-waits">{sentence(order.waits.because)}</p> : pending && <p className="quiet">{pending}</p>}
      {order.items.length > 0 && (
        <ul className="items" aria-label="Items">
          {order.items.slice(0, hidden > 1 ? MOST_ITEMS : undefined).map((item) => (
            <ItemRow key={item.id} item={item} onRetry={onRetry} />
          ))}
          {hidden > 1 && <li className="quiet">and {hidden} more</li>}
        </ul>
      )}
      {order.parcel && <ParcelLine parcel={order.parcel} />}
      {!told && age}
    </article>
  );
});
