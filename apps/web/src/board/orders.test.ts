import { describe, expect, it } from "vitest";

import type { Board, LaneName, Order } from "../api/schema";
import { NO_ORDERS, reduceOrders, toLanes } from "./orders";
import type { OrdersAction } from "./orders";

const LANE_OF: Partial<Record<Order["status"], LaneName>> = { received: "received", printing: "printing", failed: "person", cancelled: "stopped" };

function order(id: string, status: Order["status"], minute: number): Order {
  const moment = `2026-03-01T12:${String(minute).padStart(2, "0")}:00Z`;
  return {
    id,
    shopify_order_id: id,
    number: `#${id}`,
    customer: "",
    email: "",
    currency: "EUR",
    total: "1.00",
    payment: "paid",
    status,
    lane: LANE_OF[status] ?? "shipping",
    waits: null,
    created_at: moment,
    updated_at: moment,
    items: [],
    parcel: null,
  };
}

function board(...orders: Order[]): Board {
  const lanes = toLanes(orders);
  const page = (name: LaneName) => ({ orders: lanes[name], next: name === "received" ? "further" : null });
  const counts = { person: 0, received: 7, printing: 0, shipping: 0, delivered: 0, stopped: 0 };
  return {
    lanes: counts,
    pages: {
      person: page("person"),
      received: page("received"),
      printing: page("printing"),
      shipping: page("shipping"),
      delivered: page("delivered"),
      stopped: page("stopped"),
    },
  };
}

function after(...actions: OrdersAction[]) {
  return actions.reduce(reduceOrders, NO_ORDERS);
}

describe("reduceOrders", () => {
  it("takes a live update of an order it knows and of one it does not", () => {
    const state = after(
      { type: "fetched", board: board(order("1", "received", 1)) },
      { type: "updated", order: order("1", "printing", 2), narrowed: false },
      { type: "updated", order: order("2", "received", 3), narrowed: false },
    );
    expect([...state.orders.values()].map((o) => o.status)).toEqual(["printing", "received"]);
    expect(state.news).toBe("Order #2 is received");
  });

  it("ignores an update that was overtaken", () => {
    const state = after(
      { type: "updated", order: order("1", "shipping", 5), narrowed: false },
      { type: "updated", order: order("1", "printing", 4), narrowed: false },
    );
    expect(state.orders.get("1")?.status).toBe("shipping");
  });

  it("keeps what came while the list was being fetched", () => {
    const state = after(
      { type: "fetching" },
      { type: "updated", order: order("1", "printing", 5), narrowed: false },
      { type: "updated", order: order("2", "received", 6), narrowed: false },
      { type: "fetched", board: board(order("1", "received", 4)) },
    );
    expect([...state.orders.values()].map((o) => [o.id, o.status])).toEqual([
      ["1", "printing"],
      ["2", "received"],
    ]);
  });

  it("drops what a later fetch does not know any more", () => {
    const state = after(
      { type: "updated", order: order("1", "printing", 5), narrowed: false },
      { type: "fetching" },
      { type: "fetched", board: board() },
    );
    expect(state.orders.size).toBe(0);
  });

  it("adds what follows in a lane, and knows how many there are", () => {
    const state = after(
      { type: "fetched", board: board(order("1", "received", 5)) },
      { type: "more", lane: "received", page: { orders: [order("2", "received", 4)], next: null } },
    );
    expect([...state.orders.keys()]).toEqual(["1", "2"]);
    expect([state.counts.received, state.next.received]).toEqual([7, null]);
  });

  it("takes no order into a narrowed board that it does not show", () => {
    const state = after(
      { type: "fetched", board: board(order("1", "received", 1)) },
      { type: "updated", order: order("2", "received", 2), narrowed: true },
      { type: "updated", order: order("1", "printing", 3), narrowed: true },
    );
    expect([...state.orders.values()].map((o) => [o.id, o.status])).toEqual([["1", "printing"]]);
  });

  it("keeps showing orders when a later fetch fails", () => {
    const state = after({ type: "fetched", board: board(order("1", "received", 1)) }, { type: "failed", problem: "No." });
    expect([state.phase, state.problem, state.orders.size]).toEqual(["ready", "No.", 1]);
    expect(after({ type: "failed", problem: "No." }).phase).toBe("failed");
  });
});

describe("toLanes", () => {
  it("sorts orders into lanes, newest first, and what a person must decide into the first", () => {
    const lanes = toLanes([
      order("1", "printed", 1),
      order("2", "shipping", 2),
      order("3", "cancelled", 3),
      order("4", "failed", 1),
    ]);
    expect(lanes.shipping.map((o) => o.id)).toEqual(["2", "1"]);
    expect(lanes.person.map((o) => o.id)).toEqual(["4"]);
    expect(lanes.stopped.map((o) => o.id)).toEqual(["3"]);
    expect(lanes.received).toEqual([]);
  });
});
