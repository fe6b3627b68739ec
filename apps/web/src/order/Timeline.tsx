import type { Api } from "../api/client";
import type { Journal } from "../api/schema";
import { formatMoment } from "../format";
import { FailedJob } from "../inbox/FailedJobs";

/** What happened to an order in all services, the newest first, and what is still to be done. */
export function Timeline({ api, journal, onDone }: { api: Api; journal: Journal; onDone: () => Promise<unknown> }) {
  const dead = journal.jobs.filter((job) => job.state === "dead");
  const open = journal.jobs.filter((job) => job.state !== "dead");
  return (
    <section className="panel panel-wide" aria-labelledby="order-timeline">
      <h3 id="order-timeline">Timeline</h3>
      {dead.length > 0 && (
        <ul className="unread" aria-label="Jobs that failed for good">
          {dead.map((job) => (
            <FailedJob key={job.id} api={api} job={job} onDone={onDone} />
          ))}
        </ul>
      )}
      {open.map((job) => (
        <p className="quiet" key={job.id}>
          {job.name.replaceAll("_", " ")} is {job.state} in {job.queue}
          {job.error ? `: ${job.error}` : ""}
        </p>
      ))}
      {journal.entries.length === 0 && <p className="quiet">Nothing is told of it any more.</p>}
      <ol className="timeline" tabIndex={0} aria-label="What happened, the newest first">
        {journal.entries.map((entry, index) => (
          <li key={`${entry.at} ${index}`}>
            <time dateTime={entry.at}>{formatMoment(entry.at)}</time>
            <span className="timeline-service">{entry.service}</span>
            <span>
              {entry.what}
              {entry.detail && <span className="quiet"> {entry.detail}</span>}
            </span>
            <span className="quiet timeline-cause">{entry.cause}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
