import { memo } from "react";

import type { Order } from "../api/schema";
import { formatAge, formatMoment, formatMoney } from "../format";
import { OrderLink } from "../order/OrderLink";

/** An order of which nothing is left to do, in two lines. */
export const OrderRow = memo(function OrderRow({ order, now }: { order: Order; now: number }) {
  return (
    <article className="row" aria-label={`Order ${order.number}`} data-status={order.status}>
      <h4>
        <OrderLink order={order} />
      </h4>
      <time className="card-age" dateTime={order.updated_at} title={formatMoment(order.updated_at)}>
        {formatAge(order.updated_at, now)}
      </time>
      <span className="card-customer">{order.customer}</span>
      <span className="card-total">{formatMoney(order.total, order.currency)}</span>
    </article>
  );
});
