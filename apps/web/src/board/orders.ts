/** The board's orders: what was fetched, and what live updates changed since. */
import type { Order } from "../api/schema";

export interface OrdersState {
  phase: "loading" | "ready" | "failed";
  /** Why the last fetch failed. */
  problem: string | null;
  orders: ReadonlyMap<string, Order>;
  /** Ids that came by live update since the running fetch began: its answer may not know them yet. */
  since: ReadonlySet<string>;
  /** What to tell a screen reader. */
  news: string;
}

export type OrdersAction =
  | { type: "fetching" }
  | { type: "fetched"; orders: readonly Order[] }
  | { type: "failed"; problem: string }
  | { type: "updated"; order: Order };

export const NO_ORDERS: OrdersState = {
  phase: "loading",
  problem: null,
  orders: new Map(),
  since: new Set(),
  news: "",
};

export function reduceOrders(state: OrdersState, action: OrdersAction): OrdersState {
  switch (action.type) {
    case "fetching":
      return { ...state, phase: state.phase === "failed" ? "loading" : state.phase, since: new Set() };
    case "fetched": {
      const orders = new Map(action.orders.map((order) => [order.id, newer(order, state.orders.get(order.id))]));
      for (const id of state.since) {
        const live = state.orders.get(id);
        if (live && !orders.has(id)) {
          orders.set(id, live);
        }
      }
      return { ...state, phase: "ready", problem: null, orders, since: new Set() };
    }
    case "failed":
      return { ...state, phase: state.orders.size > 0 ? "ready" : "failed", problem: action.problem };
    case "updated": {
      const { order } = action;
      const known = state.orders.get(order.id);
      const kept = newer(order, known);
      if (kept === known) {
        return state;
      }
      const news = known?.status === kept.status ? state.news : `Order ${kept.number} is ${kept.status}`;
      return {
        ...state,
        orders: new Map(state.orders).set(order.id, kept),
        since: new Set(state.since).add(order.id),
        news,
      };
    }
  }
}

/** Events may overtake each other: the later state of the same order counts. */
function newer(candidate: Order, known: Order | undefined): Order {
  return known && Date.parse(known.updated_at) > Date.parse(candidate.updated_at) ? known : candidate;
}

export type LaneName = "person" | "received" | "printing" | "shipping" | "delivered" | "stopped";

export const LANES: readonly { name: LaneName; title: string; empty: string }[] = [
  { name: "person", title: "Needs a person", empty: "Nothing to decide" },
  { name: "received", title: "Received", empty: "Nothing waiting" },
  { name: "printing", title: "Printing", empty: "The printers are idle" },
  { name: "shipping", title: "Shipping", empty: "No parcel is on its way" },
  { name: "delivered", title: "Delivered", empty: "Nothing delivered yet" },
  { name: "stopped", title: "Stopped", empty: "Nothing cancelled or closed" },
];

const LANE_OF: Record<Order["status"], LaneName> = {
  received: "received",
  waiting: "received",
  printing: "printing",
  printed: "shipping",
  shipping: "shipping",
  delivered: "delivered",
  failed: "person",
  cancelled: "stopped",
  closed: "stopped",
};

function laneOf(order: Order): LaneName {
  return order.waits?.whose === "person" && order.status !== "cancelled" ? "person" : LANE_OF[order.status];
}

/** The orders of each lane, newest first. */
export function toLanes(orders: Iterable<Order>): Record<LaneName, Order[]> {
  const lanes: Record<LaneName, Order[]> = { person: [], received: [], printing: [], shipping: [], delivered: [], stopped: [] };
  for (const order of orders) {
    lanes[laneOf(order)].push(order);
  }
  for (const lane of Object.values(lanes)) {
    lane.sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || (a.id < b.id ? -1 : 1));
  }
  return lanes;
}
