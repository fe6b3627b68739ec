import { useState } from "react";

import type { Api } from "../api/client";
import type { OrderDetails } from "../api/schema";

interface Props {
  api: Api;
  order: OrderDetails;
  act: (work: () => Promise<unknown>) => Promise<string | null>;
}

/** What can be done with an order as it is now. */
export function Actions({ api, order, act }: Props) {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const over = order.status === "cancelled" || order.status === "delivered";
  const refused = order.parcel?.status === "failed" && order.parcel.tracking_number === "" && !over;

  const run = async (work: () => Promise<unknown>) => {
    setAsked(false);
    setProblem(await act(work));
  };
  const share = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      setCopied(true);
    } catch {
      // Not allowed here; the address bar has it.
    }
  };
  return (
    <div className="actions">
      <button className="button button-small" type="button" onClick={() => void share()}>
        {copied ? "Link copied" : "Copy link"}
      </button>
      {refused && (
        <button className="button button-small" type="button" onClick={() => void run(() => api.askForParcel(order.id))}>
          Ask for the parcel again
        </button>
      )}
      {!over && !asked && (
        <button className="button button-small" type="button" onClick={() => { setAsked(true); }}>
          Cancel order…
        </button>
      )}
      {!over && asked && (
        <span role="group" aria-label="Really cancel?" className="actions">
          <span>Nothing more of it is printed or shipped. Shopify is not told.</span>
          <button className="button button-small button-danger" type="button" autoFocus onClick={() => void run(() => api.cancel(order.id))}>
            Cancel it
          </button>
          <button className="button button-small" type="button" onClick={() => { setAsked(false); }}>
            Keep it
          </button>
        </span>
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
