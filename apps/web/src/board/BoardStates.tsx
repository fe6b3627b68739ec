import { useState } from "react";

import { Message } from "../layout/Message";
import { LANE_TITLES } from "./orders";

const COMMAND = "./devkit webhook shopify orders/create";

export function LoadingBoard() {
  return (
    <div className="lanes" role="status" aria-label="Loading orders">
      {LANE_TITLES.map((lane) => (
        <div key={lane.name} className="lane" aria-hidden="true">
          <p className="lane-title">{lane.title}</p>
          <div className="skeleton" />
        </div>
      ))}
    </div>
  );
}

export function EmptyBoard() {
  return (
    <Message title="No orders yet">
      <p>Send a test order; it appears here automatically and moves on as it is printed and shipped.</p>
      <Command text={COMMAND} />
    </Message>
  );
}

export function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <Message title="No order is like that">
      <p>Numbers, names, e-mail addresses and SKUs are searched, also by a part of them.</p>
      <button className="button" type="button" onClick={onClear}>
        Show all orders
      </button>
    </Message>
  );
}

export function FailedBoard({ problem, onRetry }: { problem: string | null; onRetry: () => void }) {
  return (
    <div role="alert">
      <Message title="The orders cannot be shown">
        <p>{problem}</p>
        <p className="quiet">
          <code>./devkit status</code> shows what runs.
        </p>
        <button className="button" type="button" onClick={onRetry}>
          Try again
        </button>
      </Message>
    </div>
  );
}

function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Not allowed here; the text can still be selected.
    }
  };
  return (
    <p className="command">
      <code>{text}</code>
      <button className="button button-small" type="button" onClick={() => void copy()}>
        {copied ? "Copied" : "Copy"}
      </button>
    </p>
  );
}
