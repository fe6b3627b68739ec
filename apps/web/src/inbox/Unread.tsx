import { useState } from "react";

import { messageOf, sentence } from "../api/client";
import type { Api } from "../api/client";
import type { Webhook } from "../api/schema";
import { formatMoment } from "../format";
import { usePolled } from "./usePolled";

/** Webhooks that could not be understood: nothing while there are none. */
export function Unread({ api }: { api: Api }) {
  const [found, ask] = usePolled(api.unread);
  if (!found || found.problems === 0) {
    return null;
  }
  const title = found.problems === 1 ? "1 webhook was not understood" : `${found.problems} webhooks were not understood`;
  return (
    <details className="unread">
      <summary>{title}</summary>
      <ul>
        {found.webhooks.map((webhook) => (
          <UnreadWebhook key={webhook.id} api={api} webhook={webhook} onRead={ask} />
        ))}
      </ul>
    </details>
  );
}

function UnreadWebhook({ api, webhook, onRead }: { api: Api; webhook: Webhook; onRead: () => Promise<void> }) {
  const [body, setBody] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const what = `${webhook.provider} ${webhook.topic || "without a topic"}`;

  const attempt = (work: () => Promise<void>) => {
    setProblem(null);
    work().catch((failure: unknown) => {
      setProblem(messageOf(failure));
    });
  };
  const show = () => {
    attempt(async () => {
      setBody((await api.webhookBody(webhook.id)) ?? "The body was forgotten.");
    });
  };
  const again = () => {
    attempt(async () => {
      await api.readAgain(webhook.id);
      await onRead();
    });
  };
  return (
    <li>
      <p>
        <strong>{what}</strong>, {formatMoment(webhook.received_at)}: {sentence(webhook.problem ?? "not understood")}
      </p>
      {problem && <p className="problem">{problem}</p>}
      {body !== null && <pre tabIndex={0}>{body}</pre>}
      <button className="button button-small" type="button" onClick={show} aria-label={`Show the body of ${what}`}>
        Show body
      </button>
      {webhook.provider === "shopify" && (
        <button className="button button-small" type="button" onClick={again} aria-label={`Try ${what} again`}>
          Try again
        </button>
      )}
    </li>
  );
}
