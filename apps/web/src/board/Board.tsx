import { useMemo } from "react";

import type { Api } from "../api/client";
import { useNow } from "../layout/useNow";
import { EmptyBoard, FailedBoard, LoadingBoard, NothingFound } from "./BoardStates";
import { Lane } from "./Lane";
import { LANE_TITLES, toLanes } from "./orders";
import { Search } from "./Search";
import { EVERYTHING } from "./useOrders";
import type { Orders } from "./useOrders";

const AGE_EVERY_MS = 15_000;

export function Board({ api, orders }: { api: Api; orders: Orders }) {
  const { state, query } = orders;
  const narrowed = query.q !== "" || query.status !== "";
  const clear = () => {
    orders.search(EVERYTHING);
  };
  return (
    <section className="board" aria-labelledby="board-title">
      <h2 id="board-title" className="unseen">
        Orders
      </h2>
      <p className="unseen" role="status">
        {state.news}
      </p>
      {(narrowed || state.orders.size > 0) && <Search query={query} counts={state.counts} onSearch={orders.search} />}
      {state.phase === "loading" && <LoadingBoard />}
      {state.phase === "failed" && <FailedBoard problem={state.problem} onRetry={orders.reload} />}
      {state.phase === "ready" && state.orders.size === 0 && (narrowed ? <NothingFound onClear={clear} /> : <EmptyBoard />)}
      {state.phase === "ready" && state.orders.size > 0 && <Lanes api={api} orders={orders} />}
    </section>
  );
}

function Lanes({ api, orders }: { api: Api; orders: Orders }) {
  const now = useNow(AGE_EVERY_MS);
  const { state, more } = orders;
  const lanes = useMemo(() => toLanes(state.orders.values()), [state.orders]);
  return (
    <div className="lanes">
      {LANE_TITLES.map((lane) => (
        <Lane
          key={lane.name}
          {...lane}
          orders={lanes[lane.name]}
          count={Math.max(state.counts[lane.name], state.next[lane.name] === null ? lanes[lane.name].length : 0)}
          more={state.next[lane.name] === null ? null : more}
          now={now}
          onRetry={api.retryPrint}
        />
      ))}
    </div>
  );
}
