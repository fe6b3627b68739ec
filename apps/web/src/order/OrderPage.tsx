import { useEffect, useRef } from "react";

import { sentence } from "../api/client";
import type { Api } from "../api/client";
import type { Order, OrderDetails } from "../api/schema";
import { ItemRow } from "../board/ItemRow";
import { ParcelLine } from "../board/ParcelLine";
import { ORDER_TONES, paymentWord } from "../board/words";
import { formatMoment, formatMoney } from "../format";
import { Badge } from "../layout/Badge";
import { Message } from "../layout/Message";
import { Actions } from "./Actions";
import { AddressForm } from "./AddressForm";
import { CameIn } from "./CameIn";
import { show } from "./route";
import { Timeline } from "./Timeline";
import { useOrder } from "./useOrder";

interface Props {
  api: Api;
  id: string;
  /** The order that changed last. */
  changed: Order | null;
  /** How often the live events began anew. */
  begun: number;
  /** Whether there is a simulator, which can let prints fail. */
  simulated: boolean;
  onExpired: () => void;
}

/** Everything about one order. */
export function OrderPage({ api, id, changed, begun, simulated, onExpired }: Props) {
  const { order, webhooks, journal, problem, act } = useOrder(api, id, changed, begun, onExpired);
  const title = useRef<HTMLHeadingElement>(null);
  const there = order !== null;
  useEffect(() => {
    title.current?.focus();
  }, [there]);
  const back = (
    <button className="button button-small" type="button" onClick={() => { show(null); }}>
      ← All orders
    </button>
  );
  if (!order) {
    return (
      <section className="order" aria-busy={!problem}>
        {back}
        {problem && (
          <Message title="The order cannot be shown">
            <p>{problem}</p>
          </Message>
        )}
      </section>
    );
  }
  return (
    <section className="order" aria-labelledby="order-title">
      {back}
      <header className="order-head">
        <h2 id="order-title" ref={title} tabIndex={-1}>
          Order {order.number}
        </h2>
        <Badge tone={ORDER_TONES[order.status]}>{order.status}</Badge>
        <Actions api={api} order={order} act={act} />
      </header>
      {problem && <p className="problem">{problem}</p>}
      {order.waits && <p className="order-waits">{sentence(order.waits.because)}</p>}
      <div className="order-parts">
        <Facts order={order} />
        <section className="panel" aria-labelledby="order-lines">
          <h3 id="order-lines">Lines and prints</h3>
          {order.items.length === 0 && <p className="quiet">It has no lines.</p>}
          <ul className="items">
            {order.items.map((item) => (
              <ItemRow key={item.id} item={item} onRetry={api.retryPrint} onFail={simulated ? api.failPrint : undefined} />
            ))}
          </ul>
        </section>
        <section className="panel" aria-labelledby="order-parcel">
          <h3 id="order-parcel">Parcel</h3>
          {order.parcel ? <ParcelLine parcel={order.parcel} /> : <p className="quiet">Nothing is shipped yet.</p>}
          {order.parcel?.error && <p className="problem">{sentence(order.parcel.error)}</p>}
          <AddressForm key={JSON.stringify(order.address)} order={order} onSave={(address) => act(() => api.correctAddress(order.id, address))} />
        </section>
        <Timeline api={api} journal={journal} onDone={() => act(() => Promise.resolve())} />
        <CameIn api={api} webhooks={webhooks} />
      </div>
    </section>
  );
}

function Facts({ order }: { order: OrderDetails }) {
  const facts: readonly [string, string][] = [
    ["Customer", order.customer],
    ["E-mail", order.email || "none"],
    ["Total", formatMoney(order.total, order.currency)],
    ["Payment", paymentWord(order.payment)],
    ["Placed", formatMoment(order.created_at)],
    ["Changed", formatMoment(order.updated_at)],
    ["Shopify’s id", order.shopify_order_id],
  ];
  return (
    <section className="panel" aria-labelledby="order-facts">
      <h3 id="order-facts">Order</h3>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
