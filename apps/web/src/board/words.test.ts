import { describe, expect, it } from "vitest";

import type { Order, PrintStatus } from "../api/schema";
import { pendingStep } from "./words";

function order(status: Order["status"], ...prints: PrintStatus[]): Order {
  const items = prints.map((print, index) => ({
    id: String(index),
    title: "",
    sku: "",
    quantity: 1,
    reason: null,
    print_job: { id: String(index), status: print, simplyprint_id: null, error: null },
  }));
  const moment = "2026-03-01T12:00:00Z";
  const people = { customer: "", email: "", currency: "EUR", total: "1.00", payment: "paid" };
  return { id: "1", shopify_order_id: "1", number: "#1", ...people, status, lane: "received", waits: null, created_at: moment, updated_at: moment, items, parcel: null };
}

describe("pendingStep", () => {
  it("says what comes next, and nothing while it is at work", () => {
    expect(pendingStep(order("received", "waiting", "modelling"))).toBe("Its baseplate is being modelled.");
    expect(pendingStep(order("received", "waiting"))).toBe("Waits for SimplyPrint to take its prints.");
    expect(pendingStep(order("printing", "queued", "done"))).toBe("Waits for a printer.");
    expect(pendingStep(order("printing", "printing", "queued"))).toBeNull();
    expect(pendingStep(order("printed", "done"))).toBe("Waits for the carrier to take its parcel.");
    expect(pendingStep(order("delivered", "done"))).toBeNull();
  });
});
