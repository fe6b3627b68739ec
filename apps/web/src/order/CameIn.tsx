import { useState } from "react";

import { messageOf, sentence } from "../api/client";
import type { Api } from "../api/client";
import type { Webhook } from "../api/schema";
import { formatMoment } from "../format";

/** The webhooks that came for an order, with their bodies. */
export function CameIn({ api, webhooks }: { api: Api; webhooks: readonly Webhook[] }) {
  return (
    <section className="panel panel-wide" aria-labelledby="order-webhooks">
      <h3 id="order-webhooks">Webhooks</h3>
      {webhooks.length === 0 && <p className="quiet">None came for it, or none is kept any more.</p>}
      <ul className="came-in">
        {webhooks.map((webhook) => (
          <CameOne key={webhook.id} api={api} webhook={webhook} />
        ))}
      </ul>
    </section>
  );
}

function CameOne({ api, webhook }: { api: Api; webhook: Webhook }) {
  const [body, setBody] = useState<string | null>(null);
  const show = async () => {
    if (body !== null) {
      setBody(null);
      return;
    }
    try {
      setBody(pretty(await api.webhookBody(webhook.id)));
    } catch (problem) {
      setBody(messageOf(problem));
    }
  };
  const what = `${webhook.provider} ${webhook.topic}`;
  return (
    <li>
      <span>
        <strong>{what}</strong> <time dateTime={webhook.received_at}>{formatMoment(webhook.received_at)}</time>
        {webhook.problem && <span className="problem"> {sentence(webhook.problem)}</span>}
      </span>
      <button className="button button-small" type="button" aria-expanded={body !== null} onClick={() => void show()} aria-label={`${body === null ? "Body" : "Hide"} of ${what}, ${formatMoment(webhook.received_at)}`}>
        {body === null ? "Body" : "Hide"}
      </button>
      {body !== null && <pre tabIndex={0}>{body}</pre>}
    </li>
  );
}

/** JSON with indentation where no number would lose digits; anything else as it came. */
function pretty(body: string | null): string {
  if (body === null) {
    return "The body was forgotten.";
  }
  if (/\d{16,}/.test(body)) {
    return body;
  }
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
