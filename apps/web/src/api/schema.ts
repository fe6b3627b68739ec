/** What the gateway answers. Everything that comes in is checked against these. */
import * as v from "valibot";

export const PRINT_STATUSES = ["waiting", "modelling", "queued", "printing", "done", "failed", "cancelled"] as const;

export const ORDER_STATUSES = [
  "received",
  "printing",
  "printed",
  "shipping",
  "delivered",
  "failed",
  "cancelled",
] as const;

const PrintJob = v.object({
  id: v.string(),
  status: v.picklist(PRINT_STATUSES),
  simplyprint_id: v.nullable(v.string()),
  error: v.nullable(v.string()),
});

const Item = v.object({
  id: v.string(),
  title: v.string(),
  sku: v.string(),
  quantity: v.number(),
  print_job: PrintJob,
});

const Parcel = v.object({
  id: v.string(),
  status: v.string(),
  tracking_number: v.string(),
  tracking_url: v.string(),
  carrier: v.string(),
});

export const Order = v.object({
  id: v.string(),
  shopify_order_id: v.string(),
  number: v.string(),
  customer: v.string(),
  email: v.string(),
  currency: v.string(),
  total: v.string(),
  status: v.picklist(ORDER_STATUSES),
  created_at: v.string(),
  updated_at: v.string(),
  items: v.array(Item),
  parcel: v.nullable(Parcel),
});

export const OrderList = v.object({ orders: v.array(Order) });

export const User = v.object({ email: v.string() });

export const Offer = v.object({ development: v.boolean(), email: v.optional(v.string()) });

export const ServiceHealth = v.object({
  name: v.string(),
  state: v.picklist(["up", "degraded", "down"]),
  ms: v.nullish(v.number()),
  detail: v.optional(v.string(), ""),
});

export const PlatformHealth = v.object({
  status: v.picklist(["ok", "degraded", "down"]),
  services: v.array(ServiceHealth),
});

/** FastAPI's errors: one sentence, or one entry a wrong field. */
export const Problem = v.object({
  detail: v.union([v.string(), v.array(v.object({ msg: v.string(), loc: v.array(v.union([v.string(), v.number()])) }))]),
});

export type Order = v.InferOutput<typeof Order>;
export type OrderStatus = Order["status"];
export type Item = v.InferOutput<typeof Item>;
export type PrintJob = v.InferOutput<typeof PrintJob>;
export type PrintStatus = PrintJob["status"];
export type Parcel = v.InferOutput<typeof Parcel>;
export type User = v.InferOutput<typeof User>;
export type ServiceHealth = v.InferOutput<typeof ServiceHealth>;
export type PlatformHealth = v.InferOutput<typeof PlatformHealth>;
