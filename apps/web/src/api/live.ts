/** Live updates: the gateway's Socket.IO events. */
import { io } from "socket.io-client";
import * as v from "valibot";

import { Order } from "./schema";

export interface LiveEvents {
  /** Connected, for the first time or again, or the gateway was cut off: whatever happened meanwhile was missed. */
  onConnected: () => void;
  /** Not connected; it is tried again by itself. */
  onLost: () => void;
  /** The gateway does not accept the session any more. */
  onRefused: () => void;
  onOrder: (order: Order) => void;
}

const CONNECT_WITHIN_MS = 4000;
const AGAIN_AFTER_MS = 500;
const ASK_WITHIN_MS = 2000;

/** Connects and stays connected until the returned function is called. */
export function listen(apiUrl: string, events: LiveEvents): () => void {
  const socket = io(apiUrl, {
    autoConnect: false,
    withCredentials: true,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    timeout: CONNECT_WITHIN_MS,
    reconnectionDelay: AGAIN_AFTER_MS,
    reconnectionDelayMax: 3000,
  });
  // Connecting a moment later lets a page that is taken down at once (as React's development mode does) leave no trace.
  let timer = setTimeout(() => socket.connect(), 0);
  let asking: ReturnType<typeof setTimeout> | undefined;

  socket.on("connect", () => {
    events.onConnected();
  });
  socket.on("connect_error", () => {
    // An inactive socket was refused by the server and will not try again by itself.
    if (socket.active) {
      events.onLost();
    } else {
      events.onRefused();
    }
  });
  socket.on("disconnect", (reason) => {
    if (reason === "io client disconnect") {
      return;
    }
    events.onLost();
    if (!socket.active) {
      timer = setTimeout(() => socket.connect(), AGAIN_AFTER_MS);
    }
  });
  // Something was not told to anybody. All pages hear of that at once, and are not to ask all at once.
  socket.on("orders.missed", () => {
    clearTimeout(asking);
    asking = setTimeout(events.onConnected, Math.random() * ASK_WITHIN_MS);
  });
  socket.on("order.updated", (content: unknown) => {
    const parsed = v.safeParse(Order, content);
    if (parsed.success) {
      events.onOrder(parsed.output);
    }
  });

  return () => {
    clearTimeout(timer);
    clearTimeout(asking);
    socket.disconnect();
  };
}
