import { useState } from "react";

import { messageOf } from "./api/client";
import type { Api } from "./api/client";
import type { User } from "./api/schema";
import { BaseplateForm } from "./baseplate/BaseplateForm";
import { Board } from "./board/Board";
import { useOrders } from "./board/useOrders";
import { HealthStrip } from "./health/HealthStrip";
import { FailedJobs } from "./inbox/FailedJobs";
import { Unread } from "./inbox/Unread";
import { Header } from "./layout/Header";
import { LiveBanner } from "./layout/LiveBanner";
import { LiveMark } from "./layout/LiveMark";
import { OrderPage } from "./order/OrderPage";
import { useShownOrder } from "./order/route";
import { SimulatorBar } from "./simulator/SimulatorBar";
import { useClock } from "./simulator/useClock";

interface Props {
  api: Api;
  user: User;
  onExpired: () => void;
  onSignOut: () => Promise<void>;
}

/** All that one sees once signed in. */
export function Workplace({ api, user, onExpired, onSignOut }: Props) {
  const orders = useOrders(api, onExpired);
  const shown = useShownOrder();
  const [clock, setClock] = useClock(api);
  const [problem, setProblem] = useState<string | null>(null);
  const signOut = () => {
    onSignOut().catch((failure: unknown) => {
      setProblem(messageOf(failure));
    });
  };
  return (
    <>
      <Header>
        <LiveMark live={orders.live} />
        <span className="head-user">{user.email}</span>
        <button className="button button-small" type="button" onClick={signOut}>
          Sign out
        </button>
      </Header>
      <HealthStrip api={api} />
      <main>
        <LiveBanner live={orders.live} problem={orders.state.phase === "ready" ? (problem ?? orders.state.problem) : problem} />
        {clock && <SimulatorBar api={api} clock={clock} onClock={setClock} />}
        <Unread api={api} />
        <FailedJobs api={api} />
        {shown === null ? (
          <Board api={api} orders={orders} />
        ) : (
          <OrderPage key={shown} api={api} id={shown} changed={orders.changed} begun={orders.begun} simulated={clock !== null} onExpired={onExpired} />
        )}
        {shown === null && <BaseplateForm api={api} />}
      </main>
    </>
  );
}
