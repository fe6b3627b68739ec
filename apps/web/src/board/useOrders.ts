import { useCallback, useEffect, useReducer, useState } from "react";

import { ApiError, messageOf } from "../api/client";
import type { Api } from "../api/client";
import { listen } from "../api/live";
import { NO_ORDERS, reduceOrders } from "./orders";
import type { OrdersState } from "./orders";

export type LiveState = "connecting" | "live" | "off";

export interface Orders {
  state: OrdersState;
  live: LiveState;
  reload: () => void;
}

/** The orders, kept up to date as long as the component lives. `onSignedOut` is called when the session has ended. */
export function useOrders(api: Api, onSignedOut: () => void): Orders {
  const [state, dispatch] = useReducer(reduceOrders, NO_ORDERS);
  const [live, setLive] = useState<LiveState>("connecting");

  const load = useCallback(async () => {
    dispatch({ type: "fetching" });
    try {
      dispatch({ type: "fetched", orders: await api.orders() });
    } catch (problem) {
      if (problem instanceof ApiError && problem.status === 401) {
        onSignedOut();
      } else {
        dispatch({ type: "failed", problem: messageOf(problem) });
      }
    }
  }, [api, onSignedOut]);

  useEffect(
    () =>
      listen(api.url, {
        onConnected: () => {
          setLive("live");
          void load();
        },
        onLost: () => {
          setLive((before) => (before === "connecting" ? before : "off"));
        },
        onRefused: onSignedOut,
        onOrder: (order) => {
          dispatch({ type: "updated", order });
        },
      }),
    [api, load, onSignedOut],
  );

  // The first list does not wait for the live connection, nor is it lost with it.
  useEffect(() => {
    const slow = setTimeout(() => {
      setLive((now) => (now === "connecting" ? "off" : now));
    }, 4000);
    const first = setTimeout(() => void load(), 0);
    return () => {
      clearTimeout(slow);
      clearTimeout(first);
    };
  }, [load]);

  const reload = useCallback(() => void load(), [load]);
  return { state, live, reload };
}
