import { useState } from "react";

import { messageOf } from "../api/client";
import type { Api } from "../api/client";
import type { Job } from "../api/schema";
import { OrderLink } from "../order/OrderLink";
import { usePolled } from "./usePolled";

/** Jobs that failed for good, of all services: nothing while there are none. */
export function FailedJobs({ api }: { api: Api }) {
  const [found, ask] = usePolled(api.failedJobs);
  if (!found || found.dead === 0) {
    return null;
  }
  const title = found.dead === 1 ? "1 job failed for good" : `${found.dead} jobs failed for good`;
  return (
    <details className="unread">
      <summary>{title}</summary>
      <ul>
        {found.jobs.map((job) => (
          <FailedJob key={job.id} api={api} job={job} onDone={ask} />
        ))}
      </ul>
    </details>
  );
}

/** One of them, with what can be done about it. */
export function FailedJob({ api, job, onDone }: { api: Api; job: Job; onDone: () => Promise<unknown> }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const what = `${job.name.replaceAll("_", " ")}, job ${job.id}`;
  const attempt = (work: (id: number) => Promise<void>) => {
    setProblem(null);
    work(job.id).then(onDone, (failure: unknown) => {
      setProblem(messageOf(failure));
    });
  };
  return (
    <li>
      <p>
        <strong>{what}</strong> of {job.queue}, after {job.tries} tries: {job.error ?? "no reason is known"}
        {job.order_id !== null && job.order_number !== null && (
          <>
            {" "}
            (<OrderLink order={{ id: job.order_id, number: job.order_number }} />)
          </>
        )}
      </p>
      {problem && <p className="problem">{problem}</p>}
      <button className="button button-small" type="button" onClick={() => { attempt(api.retryJob); }} aria-label={`Try ${what} again`}>
        Try again
      </button>
      {asking ? (
        <button className="button button-small button-danger" type="button" onClick={() => { attempt(api.dropJob); }} aria-label={`Really give up ${what}`}>
          Really give it up
        </button>
      ) : (
        <button className="button button-small" type="button" onClick={() => { setAsking(true); }} aria-label={`Give up ${what}`}>
          Give it up
        </button>
      )}
    </li>
  );
}
