import { useCallback, useEffect, useReducer, useRef, useState } from "react";

import { ApiError, messageOf } from "../api/client";
import type { Api, Query } from "../api/client";
import { listen } from "../api/live";
import type { LaneName, Order } from "../api/schema";
import { NO_ORDERS, reduceOrders } from "./orders";
import type { OrdersState } from "./orders";

export type LiveState = "connecting" | "live" | "off";

export interface Orders {
  state: OrdersState;
  live: LiveState;
  query: Query;
  /** The order that changed last, for who shows only that. */
  changed: Order | null;
  /** How often the live events began anew: whatever is shown is to be asked for again then. */
  begun: number;
  reload: () => void;
  search: (query: Query) => void;
  more: (lane: LaneName) => void;
}

export const EVERYTHING: Query = { q: "", status: "" };

const COUNT_AFTER_MS = 400;
const CONNECTING_MS = 4000;

/** The orders, kept up to date as long as the component lives. `onSignedOut` is called when the session has ended. */
export function useOrders(api: Api, onSignedOut: () => void): Orders {
  const [state, dispatch] = useReducer(reduceOrders, NO_ORDERS);
  const [live, setLive] = useState<LiveState>("connecting");
  const [query, setQuery] = useState<Query>(EVERYTHING);
  const [changed, setChanged] = useState<Order | null>(null);
  const [begun, setBegun] = useState(0);
  const asked = useRef(query);
  const loading = useRef(new Set<LaneName>());

  const failed = useCallback(
    (problem: unknown) => {
      if (problem instanceof ApiError && problem.status === 401) {
        onSignedOut();
      } else {
        dispatch({ type: "failed", problem: messageOf(problem) });
      }
    },
    [onSignedOut],
  );

  const load = useCallback(async () => {
    const wanted = asked.current;
    dispatch({ type: "fetching" });
    try {
      const board = await api.board(wanted);
      if (asked.current === wanted) {
        dispatch({ type: "fetched", board });
      }
    } catch (problem) {
      failed(problem);
    }
  }, [api, failed]);

  const search = useCallback(
    (wanted: Query) => {
      asked.current = wanted;
      setQuery(wanted);
      void load();
    },
    [load],
  );

  const next = state.next;
  const more = useCallback(
    (lane: LaneName) => {
      const after = next[lane];
      const wanted = asked.current;
      if (after === null || loading.current.has(lane)) {
        return;
      }
      loading.current.add(lane);
      api
        .lane(lane, wanted, after)
        .then((page) => {
          if (asked.current === wanted) {
            dispatch({ type: "more", lane, page });
          }
        })
        .catch(failed)
        .finally(() => {
          loading.current.delete(lane);
        });
    },
    [api, failed, next],
  );

  useEffect(() => {
    let counting = 0;
    const count = async () => {
      try {
        dispatch({ type: "counted", counts: await api.counts(asked.current) });
      } catch {
        // The next change counts again.
      }
    };
    const stop = listen(api.url, {
      onConnected: () => {
        setLive("live");
        setBegun((before) => before + 1);
        void load();
      },
      onLost: () => {
        setLive((before) => (before === "connecting" ? before : "off"));
      },
      onRefused: onSignedOut,
      onOrder: (order) => {
        const { q, status } = asked.current;
        dispatch({ type: "updated", order, narrowed: q !== "" || status !== "" });
        setChanged(order);
        window.clearTimeout(counting);
        counting = window.setTimeout(() => void count(), COUNT_AFTER_MS);
      },
    });
    return () => {
      window.clearTimeout(counting);
      stop();
    };
  }, [api, load, onSignedOut]);

  // The first list does not wait for the live connection, nor is it lost with it.
  useEffect(() => {
    const slow = setTimeout(() => {
      setLive((now) => (now === "connecting" ? "off" : now));
    }, CONNECTING_MS);
    const first = setTimeout(() => void load(), 0);
    return () => {
      clearTimeout(slow);
      clearTimeout(first);
    };
  }, [load]);

  const reload = useCallback(() => void load(), [load]);
  return { state, live, query, changed, begun, reload, search, more };
}
