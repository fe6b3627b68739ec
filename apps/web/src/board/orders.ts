/** The board's orders: what was fetched, lane by lane, and what live updates changed since. */
import type { Board, Counts, LaneName, Order, OrderPage } from "../api/schema";

export interface OrdersState {
  phase: "loading" | "ready" | "failed";
  /** Why the last fetch failed. */
  problem: string | null;
  orders: ReadonlyMap<string, Order>;
  /** How many there are in the database, shown or not. */
  counts: Counts;
  /** What asks for the rest of each lane; null when all of it is here. */
  next: Readonly<Record<LaneName, string | null>>;
  /** Ids that came by live update since the running fetch began: its answer may not know them yet. */
  since: ReadonlySet<string>;
  /** What to tell a screen reader. */
  news: string;
}

export type OrdersAction =
  | { type: "fetching" }
  | { type: "fetched"; board: Board }
  | { type: "more"; lane: LaneName; page: OrderPage }
  | { type: "counted"; counts: Counts }
  | { type: "failed"; problem: string }
  /** `narrowed`: only orders that are shown already are taken, since whether others match is not known here. */
  | { type: "updated"; order: Order; narrowed: boolean };

export const LANE_TITLES: readonly { name: LaneName; title: string; empty: string }[] = [
  { name: "person", title: "Needs a person", empty: "Nothing to decide" },
  { name: "received", title: "Received", empty: "Nothing waiting" },
  { name: "printing", title: "Printing", empty: "The printers are idle" },
  { name: "shipping", title: "Shipping", empty: "No parcel is on its way" },
  { name: "delivered", title: "Delivered", empty: "Nothing delivered yet" },
  { name: "stopped", title: "Stopped", empty: "Nothing cancelled or closed" },
];

const NONE = { person: 0, received: 0, printing: 0, shipping: 0, delivered: 0, stopped: 0 };

export const NO_ORDERS: OrdersState = {
  phase: "loading",
  problem: null,
  orders: new Map(),
  counts: NONE,
  next: { person: null, received: null, printing: null, shipping: null, delivered: null, stopped: null },
  since: new Set(),
  news: "",
};

export function reduceOrders(state: OrdersState, action: OrdersAction): OrdersState {
  switch (action.type) {
    case "fetching":
      return { ...state, phase: state.phase === "failed" ? "loading" : state.phase, since: new Set() };
    case "fetched":
      return fetched(state, action.board);
    case "more": {
      const orders = new Map(state.orders);
      for (const order of action.page.orders) {
        orders.set(order.id, newer(order, orders.get(order.id)));
      }
      return { ...state, orders, next: { ...state.next, [action.lane]: action.page.next } };
    }
    case "counted":
      return { ...state, counts: action.counts };
    case "failed":
      return { ...state, phase: state.orders.size > 0 ? "ready" : "failed", problem: action.problem };
    case "updated":
      return updated(state, action.order, action.narrowed);
  }
}

function fetched(state: OrdersState, board: Board): OrdersState {
  const pages = Object.values(board.pages);
  const orders = new Map(pages.flatMap((page) => page.orders.map((order) => [order.id, newer(order, state.orders.get(order.id))])));
  for (const id of state.since) {
    const live = state.orders.get(id);
    if (live && !orders.has(id)) {
      orders.set(id, live);
    }
  }
  const next = { ...NO_ORDERS.next };
  for (const { name } of LANE_TITLES) {
    next[name] = board.pages[name].next;
  }
  return { ...state, phase: "ready", problem: null, orders, counts: board.lanes, next, since: new Set() };
}

function updated(state: OrdersState, order: Order, narrowed: boolean): OrdersState {
  const known = state.orders.get(order.id);
  const kept = newer(order, known);
  if (kept === known || (narrowed && !known)) {
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

/** Events may overtake each other: the later state of the same order counts. */
function newer(candidate: Order, known: Order | undefined): Order {
  return known && Date.parse(known.updated_at) > Date.parse(candidate.updated_at) ? known : candidate;
}

/** The orders of each lane, newest first. */
export function toLanes(orders: Iterable<Order>): Record<LaneName, Order[]> {
  const lanes: Record<LaneName, Order[]> = { person: [], received: [], printing: [], shipping: [], delivered: [], stopped: [] };
  for (const order of orders) {
    lanes[order.lane].push(order);
  }
  for (const lane of Object.values(lanes)) {
    lane.sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || (a.id < b.id ? -1 : 1));
  }
  return lanes;
}
