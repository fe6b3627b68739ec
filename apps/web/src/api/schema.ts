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

export const LANES = ["person", "received", "printing", "shipping", "delivered", "stopped"] as const;

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
  error: v.nullable(v.string()),
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
  payment: v.string(),
  status: v.picklist(ORDER_STATUSES),
  lane: v.picklist(LANES),
  waits: v.nullable(Waits),
  created_at: v.string(),
  updated_at: v.string(),
  items: v.array(Item),
  parcel: v.nullable(Parcel),
});

/** A page of orders; `next` asks for what follows. */
export const OrderPage = v.object({ orders: v.array(Order), next: v.nullable(v.string()) });

const Counts = v.object({
  person: v.number(),
  received: v.number(),
  printing: v.number(),
  shipping: v.number(),
  delivered: v.number(),
  stopped: v.number(),
});

/** The first page of every lane, and how many orders each has. */
export const Board = v.object({
  lanes: Counts,
  pages: v.object({
    person: OrderPage,
    received: OrderPage,
    printing: OrderPage,
    shipping: OrderPage,
    delivered: OrderPage,
    stopped: OrderPage,
  }),
});

export const LaneCounts = Counts;

export const Address = v.object({
  name: v.optional(v.string(), ""),
  address: v.optional(v.string(), ""),
  house_number: v.optional(v.string(), ""),
  city: v.optional(v.string(), ""),
  postal_code: v.optional(v.string(), ""),
  country: v.optional(v.string(), ""),
  telephone: v.optional(v.string(), ""),
  email: v.optional(v.string(), ""),
});

export const OrderDetails = v.object({
  ...Order.entries,
  address: Address,
  cancelled_at: v.nullable(v.string()),
  redacted_at: v.nullable(v.string()),
});

/** Simulated time. */
export const Clock = v.object({ speed: v.number(), paused: v.boolean() });

export const Placed = v.object({ number: v.string(), seed: v.number() });

const Webhook = v.object({
  id: v.string(),
  provider: v.string(),
  topic: v.string(),
  received_at: v.string(),
  outcome: v.string(),
  problem: v.nullable(v.string()),
});

export const WebhookList = v.object({ webhooks: v.array(Webhook), problems: v.number() });

export const WebhookBody = v.object({ body: v.nullable(v.string()) });

const Job = v.object({
  id: v.number(),
  queue: v.string(),
  name: v.string(),
  state: v.string(),
  since: v.nullable(v.string()),
  tries: v.number(),
  error: v.nullable(v.string()),
  order_id: v.nullable(v.string()),
  order_number: v.nullable(v.string()),
});

/** Jobs that failed for good; `dead` counts all of them. */
export const JobList = v.object({ jobs: v.array(Job), dead: v.number() });

/** What happened to an order, the newest first, and its jobs that are not done. */
export const Journal = v.object({
  entries: v.array(
    v.object({ at: v.string(), service: v.string(), what: v.string(), detail: v.string(), cause: v.string(), thread: v.string() }),
  ),
  jobs: v.array(Job),
});

export const User = v.object({ email: v.string() });

export const Offer = v.object({ development: v.boolean(), email: v.optional(v.string()) });

export const ServiceHealth = v.object({
  name: v.string(),
  state: v.picklist(["up", "degraded", "down"]),
  ms: v.nullish(v.number()),
  detail: v.optional(v.string(), ""),
  since: v.string(),
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
export type JobList = v.InferOutput<typeof JobList>;
export type Job = JobList["jobs"][number];
export type Journal = v.InferOutput<typeof Journal>;
export type LaneName = Order["lane"];
export type OrderPage = v.InferOutput<typeof OrderPage>;
export type Counts = v.InferOutput<typeof Counts>;
export type Board = v.InferOutput<typeof Board>;
export type Address = v.InferOutput<typeof Address>;
export type OrderDetails = v.InferOutput<typeof OrderDetails>;
export type Clock = v.InferOutput<typeof Clock>;
export type Placed = v.InferOutput<typeof Placed>;
export type OrderStatus = Order["status"];
export type Item = v.InferOutput<typeof Item>;
export type PrintJob = v.InferOutput<typeof PrintJob>;
export type PrintStatus = PrintJob["status"];
export type Parcel = v.InferOutput<typeof Parcel>;
export type User = v.InferOutput<typeof User>;
export type ServiceHealth = v.InferOutput<typeof ServiceHealth>;
export type PlatformHealth = v.InferOutput<typeof PlatformHealth>;
