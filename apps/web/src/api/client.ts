/** The gateway's API over HTTP, one function a call. */
import * as v from "valibot";

import { Offer, OrderList, PlatformHealth, Problem, User, WebhookBody, WebhookList } from "./schema";
import type { Order } from "./schema";

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

export interface Api {
  readonly url: string;
  readonly me: () => Promise<User>;
  readonly offer: () => Promise<string | null>;
  readonly logIn: (email: string, password: string) => Promise<User>;
  readonly logInForDevelopment: () => Promise<User>;
  readonly logOut: () => Promise<void>;
  readonly orders: () => Promise<Order[]>;
  readonly retryPrint: (printJobId: string) => Promise<void>;
  /** Webhooks that could not be understood. */
  readonly unread: (signal: AbortSignal) => Promise<WebhookList>;
  /** A webhook's body; null once it was forgotten. */
  readonly webhookBody: (id: string) => Promise<string | null>;
  readonly readAgain: (id: string) => Promise<void>;
  readonly baseplate: (size: BaseplateSize) => Promise<MadeBaseplate>;
  readonly health: (signal: AbortSignal) => Promise<PlatformHealth>;
}

export const ORDER_LIMIT = 100;

export function createApi(url: string): Api {
  const call = (method: "GET" | "POST", path: string, options: CallOptions = {}) =>
    request(`${url}/api/v1${path}`, method, options);

  return {
    url,
    me: async () => read(User, await call("GET", "/auth/me")),
    offer: async () => {
      const offer = await read(Offer, await call("GET", "/auth/offer"));
      return offer.development ? (offer.email ?? null) : null;
    },
    logIn: async (email, password) => read(User, await call("POST", "/auth/login", { json: { email, password } })),
    logInForDevelopment: async () => read(User, await call("POST", "/auth/dev-login")),
    logOut: async () => {
      await call("POST", "/auth/logout");
    },
    orders: async () => (await read(OrderList, await call("GET", `/orders?limit=${ORDER_LIMIT}`))).orders,
    retryPrint: async (printJobId) => {
      await call("POST", `/print-jobs/${encodeURIComponent(printJobId)}/retry`);
    },
    unread: async (signal) => read(WebhookList, await call("GET", "/webhooks?problem=true", { signal })),
    webhookBody: async (id) => (await read(WebhookBody, await call("GET", `/webhooks/${encodeURIComponent(id)}`))).body,
    readAgain: async (id) => {
      await call("POST", `/webhooks/${encodeURIComponent(id)}/again`);
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
  signal?: AbortSignal;
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
