import type { MouseEvent } from "react";

import type { Order } from "../api/schema";
import { hrefOf, show } from "./route";

/** Leads to an order's page; a new tab opens as with any link. */
export function OrderLink({ order }: { order: Pick<Order, "id" | "number"> }) {
  const follow = (event: MouseEvent) => {
    if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      show(order.id);
    }
  };
  return (
    <a className="order-link" href={hrefOf(order.id)} onClick={follow}>
      {order.number}
    </a>
  );
}
