import { useMemo } from "react";

import type { Api } from "../api/client";
import { useNow } from "../layout/useNow";
import { EmptyBoard, FailedBoard, LoadingBoard } from "./BoardStates";
import { OrderCard } from "./OrderCard";
import { LANES, toLanes } from "./orders";
import type { Orders } from "./useOrders";

const AGE_EVERY_MS = 15_000;

export function Board({ api, orders }: { api: Api; orders: Orders }) {
  const { state } = orders;
  return (
    <section className="board" aria-labelledby="board-title">
      <h2 id="board-title" className="unseen">
        Orders
      </h2>
      <p className="unseen" role="status">
        {state.news}
      </p>
      {state.phase === "loading" && <LoadingBoard />}
      {state.phase === "failed" && <FailedBoard problem={state.problem} onRetry={orders.reload} />}
      {state.phase === "ready" && (state.orders.size === 0 ? <EmptyBoard /> : <Lanes api={api} orders={orders} />)}
    </section>
  );
}

function Lanes({ api, orders }: { api: Api; orders: Orders }) {
  const now = useNow(AGE_EVERY_MS);
  const lanes = useMemo(() => toLanes(orders.state.orders.values()), [orders.state.orders]);
  return (
    <div className="lanes">
      {LANES.map(({ name, title, empty }) => {
        const inLane = lanes[name];
        return (
          <section key={name} className={`lane lane-${name}`} aria-labelledby={`lane-${name}`}>
            <h3 id={`lane-${name}`} className="lane-title">
              {title} <span className="lane-count">{inLane.length}</span>
            </h3>
            {inLane.length === 0 && <p className="lane-empty">{empty}</p>}
            {inLane.map((order) => (
              <OrderCard key={order.id} order={order} lane={name} now={now} onRetry={api.retryPrint} />
            ))}
          </section>
        );
      })}
    </div>
  );
}
