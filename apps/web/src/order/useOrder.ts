import { useCallback, useEffect, useState } from "react";

import { ApiError, messageOf } from "../api/client";
import type { Api } from "../api/client";
import type { Journal, Order, OrderDetails, Webhook } from "../api/schema";

const NOTHING: Journal = { entries: [], jobs: [] };

export interface Shown {
  order: OrderDetails | null;
  webhooks: readonly Webhook[];
  journal: Journal;
  problem: string | null;
  /** Does something with it; resolves to what went wrong, or null. */
  act: (work: () => Promise<unknown>) => Promise<string | null>;
}

/** One order with all that came for it, asked for again whenever it changes, or may have. */
export function useOrder(api: Api, id: string, changed: Order | null, begun: number, onSignedOut: () => void): Shown {
  const [order, setOrder] = useState<OrderDetails | null>(null);
  const [webhooks, setWebhooks] = useState<readonly Webhook[]>([]);
  const [journal, setJournal] = useState<Journal>(NOTHING);
  const [problem, setProblem] = useState<string | null>(null);
  const mine = changed?.id === id ? changed.updated_at : null;

  const ask = useCallback(
    async (signal?: AbortSignal) => {
      try {
        const [found, came, told] = await Promise.all([
          api.order(id, signal),
          api.webhooksOf(id, signal),
          api.journalOf(id, signal),
        ]);
        if (!signal?.aborted) {
          setOrder(found);
          setWebhooks(came.webhooks);
          setJournal(told);
          setProblem(null);
        }
      } catch (failure) {
        if (signal?.aborted) {
          return;
        }
        if (failure instanceof ApiError && failure.status === 401) {
          onSignedOut();
        }
        setProblem(messageOf(failure));
      }
    },
    [api, id, onSignedOut],
  );

  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(() => void ask(asking.signal), 0);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [ask, mine, begun]);

  const act = useCallback(
    async (work: () => Promise<unknown>) => {
      try {
        await work();
        await ask();
        return null;
      } catch (failure) {
        return messageOf(failure);
      }
    },
    [ask],
  );
  return { order, webhooks, journal, problem, act };
}
