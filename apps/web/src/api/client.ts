/** The gateway's API over HTTP, one function a call. */
import * as v from "valibot";

import { Board, Clock, JobList, Journal, LaneCounts, Offer, OrderDetails, OrderPage, Placed, PlatformHealth, Problem, User, WebhookBody, WebhookList } from "./schema";
import type { Address, Counts, LaneName } from "./schema";

/** What went wrong, in a sentence to show. `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

export interface BaseplateSize {
  columns: number;
  rows: number;
  height_mm: number;
}

/** The plate's file, and what the slicer expects of its print: null where it expects nothing. */
export interface MadeBaseplate {
  stl: Blob;
  seconds: number | null;
  grams: number | null;
}

/** What the board is narrowed to; empty for everything. */
export interface Query {
  q: string;
  status: string;
}

export interface Api {
  readonly url: string;
  readonly me: (signal: AbortSignal) => Promise<User>;
  readonly offer: (signal: AbortSignal) => Promise<string | null>;
  readonly logIn: (email: string, password: string) => Promise<User>;
  readonly logInForDevelopment: () => Promise<User>;
  readonly logOut: () => Promise<void>;
  readonly board: (query: Query, signal?: AbortSignal) => Promise<Board>;
  readonly counts: (query: Query) => Promise<Counts>;
  readonly lane: (lane: LaneName, query: Query, after: string) => Promise<OrderPage>;
  readonly order: (id: string, signal?: AbortSignal) => Promise<OrderDetails>;
  readonly webhooksOf: (orderId: string, signal?: AbortSignal) => Promise<WebhookList>;
  readonly journalOf: (orderId: string, signal?: AbortSignal) => Promise<Journal>;
  /** Jobs of all services that failed for good. */
  readonly failedJobs: (signal: AbortSignal) => Promise<JobList>;
  readonly retryJob: (id: number) => Promise<void>;
  readonly dropJob: (id: number) => Promise<void>;
  readonly cancel: (orderId: string) => Promise<OrderDetails>;
  readonly correctAddress: (orderId: string, address: Address) => Promise<OrderDetails>;
  readonly askForParcel: (orderId: string) => Promise<OrderDetails>;
  /** Simulated time; null where there is no simulator. */
  readonly clock: () => Promise<Clock | null>;
  readonly setClock: (change: Partial<Clock>) => Promise<Clock>;
  readonly placeOrder: (seed: number | null) => Promise<Placed>;
  readonly failPrint: (simplyprintId: string) => Promise<void>;
  readonly retryPrint: (printJobId: string) => Promise<void>;
  /** Webhooks that could not be understood. */
  readonly unread: (signal: AbortSignal) => Promise<WebhookList>;
  /** A webhook's body; null once it was forgotten. */
  readonly webhookBody: (id: string) => Promise<string | null>;
  readonly readAgain: (id: string) => Promise<void>;
  readonly baseplate: (size: BaseplateSize) => Promise<MadeBaseplate>;
  readonly health: (signal: AbortSignal) => Promise<PlatformHealth>;
}

export const PAGE = 15;

export function createApi(url: string): Api {
  const call = (method: "GET" | "POST", path: string, options: CallOptions = {}) =>
    request(`${url}/api/v1${path}`, method, options);

  return {
    url,
    me: async (signal) => read(User, await call("GET", "/auth/me", { signal })),
    offer: async (signal) => {
      const offer = await read(Offer, await call("GET", "/auth/offer", { signal }));
      return offer.development ? (offer.email ?? null) : null;
    },
    logIn: async (email, password) => read(User, await call("POST", "/auth/login", { json: { email, password } })),
    logInForDevelopment: async () => read(User, await call("POST", "/auth/dev-login")),
    logOut: async () => {
      await call("POST", "/auth/logout");
    },
    board: async (query, signal) => read(Board, await call("GET", `/board?${params({ ...query, limit: PAGE })}`, { signal })),
    counts: async (query) => read(LaneCounts, await call("GET", `/lanes?${params({ ...query })}`)),
    lane: async (lane, query, after) => read(OrderPage, await call("GET", `/orders?${params({ ...query, lane, after, limit: PAGE })}`)),
    order: async (id, signal) => read(OrderDetails, await call("GET", `/orders/${encodeURIComponent(id)}`, { signal })),
    webhooksOf: async (id, signal) => read(WebhookList, await call("GET", `/orders/${encodeURIComponent(id)}/webhooks`, { signal })),
    cancel: async (id) => read(OrderDetails, await call("POST", `/orders/${encodeURIComponent(id)}/cancel`)),
    correctAddress: async (id, address) => read(OrderDetails, await call("POST", `/orders/${encodeURIComponent(id)}/address`, { json: address })),
    askForParcel: async (id) => read(OrderDetails, await call("POST", `/orders/${encodeURIComponent(id)}/parcel`)),
    clock: async () => {
      if (!(await read(Offer, await call("GET", "/auth/offer"))).development) {
        return null;
      }
      try {
        return await read(Clock, await call("GET", "/simulator/clock"));
      } catch (problem) {
        if (problem instanceof ApiError && problem.status === 404) {
          return null;
        }
        throw problem;
      }
    },
    setClock: async (change) => read(Clock, await call("POST", "/simulator/clock", { json: change })),
    placeOrder: async (seed) => read(Placed, await call("POST", "/simulator/orders", { json: seed === null ? {} : { seed } })),
    failPrint: async (id) => {
      await call("POST", `/simulator/jobs/${encodeURIComponent(id)}/fail`);
    },
    retryPrint: async (printJobId) => {
      await call("POST", `/print-jobs/${encodeURIComponent(printJobId)}/retry`);
    },
    journalOf: async (id, signal) => read(Journal, await call("GET", `/orders/${encodeURIComponent(id)}/journal`, { signal })),
    failedJobs: async (signal) => read(JobList, await call("GET", "/jobs", { signal })),
    retryJob: async (id) => {
      await call("POST", `/jobs/${id}/retry`);
    },
    dropJob: async (id) => {
      await call("POST", `/jobs/${id}/drop`);
    },
    unread: async (signal) => read(WebhookList, await call("GET", "/inbox?problem=true", { signal })),
    webhookBody: async (id) => (await read(WebhookBody, await call("GET", `/inbox/${encodeURIComponent(id)}`))).body,
    readAgain: async (id) => {
      await call("POST", `/inbox/${encodeURIComponent(id)}/again`);
    },
    baseplate: async (size) => {
      const response = await call("POST", "/baseplates", { json: size });
      return { stl: await response.blob(), seconds: amount(response, "X-Print-Seconds"), grams: amount(response, "X-Filament-Grams") };
    },
    health: async (signal) => read(PlatformHealth, await call("GET", "/platform/health", { signal })),
  };
}

interface CallOptions {
  json?: unknown;
  signal?: AbortSignal | undefined;
}

function params(values: Record<string, string | number>): string {
  return new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString();
}

async function request(url: string, method: string, { json, signal }: CallOptions): Promise<Response> {
  const init: RequestInit = { method, credentials: "include", signal: signal ?? null };
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers = { "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ApiError(0, `The gateway does not answer at ${new URL(url).origin}.`);
  }
  if (!response.ok) {
    throw new ApiError(response.status, await problemOf(response));
  }
  return response;
}

/** A number that the gateway tells in a header; null when it does not, as without a slicer. */
function amount(response: Response, header: string): number | null {
  const text = response.headers.get(header);
  const value = Number(text);
  return text === null || !Number.isFinite(value) ? null : value;
}

async function read<T extends v.GenericSchema>(schema: T, response: Response): Promise<v.InferOutput<T>> {
  const parsed = v.safeParse(schema, await jsonOf(response));
  if (!parsed.success) {
    throw new ApiError(response.status, "The gateway gave an answer that this page does not understand.");
  }
  return parsed.output;
}

async function problemOf(response: Response): Promise<string> {
  const parsed = v.safeParse(Problem, await jsonOf(response));
  if (!parsed.success) {
    return `The gateway answered with ${response.status}.`;
  }
  const { detail } = parsed.output;
  const text = typeof detail === "string" ? detail : detail.map((entry) => `${entry.loc.at(-1) ?? ""}: ${entry.msg}`).join("; ");
  return sentence(text);
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** The API speaks in fragments ("not signed in"); people read sentences. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}

/** What to show for anything that was thrown. */
export function messageOf(problem: unknown): string {
  return problem instanceof ApiError ? problem.message : "Something went wrong on this page.";
}
