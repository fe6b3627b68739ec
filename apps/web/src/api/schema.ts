/** What the gateway answers. Everything that comes in is checked against these. */
import * as v from "valibot";

export const PRINT_STATUSES = ["none", "held", "waiting", "modelling", "queued", "printing", "done", "failed", "cancelled"] as const;

export const ORDER_STATUSES = [
  "received",
  "waiting",
  "printing",
  "printed",
  "shipping",
  "delivered",
  "failed",
  "cancelled",
  "closed",
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
  /** Why it is nothing to print; its print job is "none" then. */
  reason: v.nullable(v.string()),
  print_job: PrintJob,
});

const Parcel = v.object({
  id: v.string(),
  status: v.string(),
  tracking_number: v.string(),
  tracking_url: v.string(),
  carrier: v.string(),
});

const Waits = v.object({
  code: v.string(),
  because: v.string(),
  /** Whose decision it is. */
  whose: v.picklist(["shop", "person", "nobody"]),
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
  waits: v.nullable(Waits),
  created_at: v.string(),
  updated_at: v.string(),
  items: v.array(Item),
  parcel: v.nullable(Parcel),
});

export const OrderList = v.object({ orders: v.array(Order) });

const Webhook = v.object({
  id: v.string(),
  provider: v.string(),
  topic: v.string(),
  received_at: v.string(),
  problem: v.nullable(v.string()),
});

export const WebhookList = v.object({ webhooks: v.array(Webhook), problems: v.number() });

export const WebhookBody = v.object({ body: v.nullable(v.string()) });

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
export type WebhookList = v.InferOutput<typeof WebhookList>;
export type Webhook = WebhookList["webhooks"][number];
export type OrderStatus = Order["status"];
export type Item = v.InferOutput<typeof Item>;
export type PrintJob = v.InferOutput<typeof PrintJob>;
export type PrintStatus = PrintJob["status"];
export type Parcel = v.InferOutput<typeof Parcel>;
export type User = v.InferOutput<typeof User>;
export type ServiceHealth = v.InferOutput<typeof ServiceHealth>;
export type PlatformHealth = v.InferOutput<typeof PlatformHealth>;
