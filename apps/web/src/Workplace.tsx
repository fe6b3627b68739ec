import { useState } from "react";

import { messageOf } from "./api/client";
import type { Api } from "./api/client";
import type { User } from "./api/schema";
import { BaseplateForm } from "./baseplate/BaseplateForm";
import { Board } from "./board/Board";
import { useOrders } from "./board/useOrders";
import { HealthStrip } from "./health/HealthStrip";
import { Unread } from "./inbox/Unread";
import { Header } from "./layout/Header";
import { LiveBanner } from "./layout/LiveBanner";
import { LiveMark } from "./layout/LiveMark";

interface Props {
  api: Api;
  user: User;
  onExpired: () => void;
  onSignOut: () => Promise<void>;
}

/** All that one sees once signed in. */
export function Workplace({ api, user, onExpired, onSignOut }: Props) {
  const orders = useOrders(api, onExpired);
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
        <Unread api={api} />
        <Board api={api} orders={orders} />
        <BaseplateForm api={api} />
      </main>
    </>
  );
}
