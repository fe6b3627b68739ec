import { useState } from "react";

import { messageOf, sentence } from "../api/client";
import type { Item } from "../api/schema";
import { keepSizesWhole } from "../format";
import { Badge } from "../layout/Badge";
import { PRINT_TONES } from "./words";

interface Props {
  item: Item;
  onRetry: (printJobId: string) => Promise<void>;
  /** Lets the print fail at the simulated SimplyPrint. */
  onFail?: ((simplyprintId: string) => Promise<void>) | undefined;
}

export function ItemRow({ item, onRetry, onFail }: Props) {
  const { print_job: job } = item;
  const id = job.simplyprint_id;
  const failable = onFail && id !== null && (job.status === "queued" || job.status === "printing");
  return (
    <li className="item">
      <div className="item-what">
        <span className="item-title">
          <span className="item-quantity">{item.quantity} ×&nbsp;</span>
          {keepSizesWhole(item.title)}
        </span>
        <span className="item-state" title={job.simplyprint_id ? `SimplyPrint ${job.simplyprint_id}` : undefined}>
          <Badge tone={PRINT_TONES[job.status]}>{job.status === "none" ? "not printed" : job.status}</Badge>
        </span>
      </div>
      {item.sku && <code className="item-sku">{item.sku}</code>}
      {item.reason && <p className="item-reason">{sentence(item.reason)}</p>}
      {failable && (
        <button className="button button-small item-fail" type="button" aria-label={`Let ${item.title} fail`} onClick={() => void onFail(id).catch(() => undefined)}>
          Let it fail
        </button>
      )}
      {job.status === "failed" && (
        <FailedPrint title={item.title} error={job.error} onRetry={() => onRetry(job.id)} />
      )}
    </li>
  );
}

function FailedPrint({ title, error, onRetry }: { title: string; error: string | null; onRetry: () => Promise<void> }) {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const retry = async () => {
    setAsked(true);
    setProblem(null);
    try {
      await onRetry();
    } catch (failure) {
      setProblem(messageOf(failure));
      setAsked(false);
    }
  };

  return (
    <div className="item-failed">
      <p className="problem">{problem ?? sentence(error ?? "the print failed")}</p>
      <button className="button button-small" type="button" disabled={asked} onClick={() => void retry()} aria-label={`Retry ${title}`}>
        {asked ? "Retrying…" : "Retry"}
      </button>
    </div>
  );
}
