"""Jobs in Postgres: Procrastinate's tables, what operators see of them, and the journal of each order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from procrastinate.schema import SchemaManager

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The first finds the jobs of one queue without looking through all others', the second an order's other messages.
_INDEXES = """
CREATE INDEX ix_procrastinate_jobs_queue ON procrastinate_jobs (queue_name, priority DESC, id) WHERE status = 'todo';
CREATE INDEX ix_procrastinate_jobs_lock ON procrastinate_jobs (lock) WHERE status IN ('todo', 'doing');
CREATE INDEX ix_procrastinate_jobs_subject ON procrastinate_jobs ((args->>'subject'));
"""

# libs/common/presence.py takes the locks.
_WORKERS = """
CREATE FUNCTION workers_there(queue text) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  SELECT l.objid::bigint FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = (hashtext(queue)::bigint & 4294967295)::oid
$$;
CREATE FUNCTION worker_is_there(queue text, worker bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT worker IN (SELECT * FROM workers_there(queue))
$$;
"""

# What `devkit jobs` and `devkit why` read and call (docs/jobs.md).
_OPERATIONS = """
CREATE SCHEMA operations;

CREATE VIEW operations.jobs AS
SELECT j.id, j.queue_name AS queue, j.task_name AS name, j.args->>'key' AS key, j.args->>'subject' AS subject,
  CASE WHEN j.status = 'failed' THEN 'dead'
       WHEN j.status = 'doing' AND worker_is_there(j.queue_name, j.worker_id) THEN 'running'
       WHEN j.status = 'doing' THEN 'abandoned'
       WHEN p.queue IS NOT NULL THEN 'paused'
       WHEN j.attempts > 0 AND j.scheduled_at > now() THEN 'retrying'
       ELSE 'waiting' END AS state,
  (j.args->>'sent_at')::timestamptz AS since, j.attempts AS tries, j.scheduled_at AS next_try,
  e.error, e.party, e.at AS failed_at, j.args->>'sender' AS sender, j.args->>'cause' AS cause,
  split_part(coalesce(j.args->>'traceparent', ''), '-', 2) AS trace, j.args->'payload' AS payload
FROM procrastinate_jobs j
LEFT JOIN paused_queues p ON p.queue = j.queue_name
LEFT JOIN job_errors e ON e.job_id = j.id
WHERE j.status IN ('todo', 'doing', 'failed');

CREATE VIEW operations.queues AS
SELECT q.queue, (SELECT count(*) FROM workers_there(q.queue)) AS workers,
  (SELECT p.at FROM paused_queues p WHERE p.queue = q.queue) AS paused_at,
  count(j.id) FILTER (WHERE j.state IN ('waiting', 'retrying', 'paused')) AS waiting,
  count(j.id) FILTER (WHERE j.state IN ('running', 'abandoned')) AS running,
  count(j.id) FILTER (WHERE j.state = 'dead') AS dead,
  min(j.since) FILTER (WHERE j.state <> 'dead') AS oldest
FROM (SELECT queue_name AS queue FROM procrastinate_jobs UNION SELECT queue FROM paused_queues
      UNION SELECT queue FROM known_queues) q
LEFT JOIN operations.jobs j ON j.queue = q.queue
GROUP BY q.queue;

CREATE VIEW operations.journal AS
SELECT order_id::text AS subject, thread, at, id AS position, service, what, detail, cause, trace, waits_for, hint
FROM journal
UNION ALL
SELECT coalesce(o.id::text, r.subject), 'kept ' || r.id, r.received_at, 0, 'webhooks', 'webhook kept',
  r.topic || ': ' || r.problem, 'webhook ' || r.provider || ' ' || r.topic || ' ' || r.webhook_id, '', 'person',
  'it could not be understood: the page''s inbox shows it, and can act upon it again'
FROM webhook_receipts r LEFT JOIN orders o ON o.shopify_order_id = r.subject
WHERE r.provider = 'shopify' AND r.problem IS NOT NULL AND r.subject <> '';

CREATE VIEW operations.subjects AS
SELECT id::text AS subject, number AS title, created_at AS since, name
FROM orders CROSS JOIN LATERAL (VALUES (id::text), (shopify_order_id), (number), (ltrim(number, '#'))) names (name)
UNION ALL
SELECT r.subject, r.subject, min(r.received_at), r.subject FROM webhook_receipts r
WHERE r.provider = 'shopify' AND r.problem IS NOT NULL AND r.subject <> ''
  AND NOT EXISTS (SELECT FROM orders o WHERE o.shopify_order_id = r.subject)
GROUP BY r.subject;

CREATE FUNCTION operations.retry(job bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found record;
BEGIN
  UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL
  WHERE id = job AND status IN ('failed', 'todo') RETURNING * INTO found;
  IF found.id IS NULL THEN RETURN false; END IF;
  PERFORM pg_notify('procrastinate_queue_v1#' || found.queue_name,
                    json_build_object('type', 'job_inserted', 'job_id', job)::text);
  INSERT INTO journal (service, order_id, what, detail, cause)
  SELECT found.queue_name, nullif(found.args->>'subject', '')::uuid, 'job asked for again', found.task_name, 'a person'
  WHERE nullif(found.args->>'subject', '') IS NOT NULL;
  RETURN true;
END $$;

CREATE FUNCTION operations.drop(job bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found record;
BEGIN
  DELETE FROM procrastinate_jobs WHERE id = job AND status IN ('failed', 'todo') RETURNING * INTO found;
  IF found.id IS NULL THEN RETURN false; END IF;
  INSERT INTO journal (service, order_id, what, detail, cause)
  SELECT found.queue_name, nullif(found.args->>'subject', '')::uuid, 'job dropped', found.task_name, 'a person'
  WHERE nullif(found.args->>'subject', '') IS NOT NULL;
  RETURN true;
END $$;

CREATE FUNCTION operations.pause(queue text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO paused_queues (queue) VALUES (queue) ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION operations.resume(queue_name text) RETURNS void LANGUAGE sql AS $$
  DELETE FROM paused_queues WHERE queue = queue_name
$$;
"""

# What is done at set times has no message: an earlier release does that by itself.
_BACK = """
INSERT INTO outbox (service, queue, job, key, payload)
SELECT coalesce(nullif(args->>'sender', ''), queue_name), queue_name, task_name, args->>'key', args->'payload'
FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') AND queueing_lock IS NULL ORDER BY id;
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
DO $$ DECLARE each record; BEGIN
  FOR each IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname = current_schema() AND p.proname LIKE 'procrastinate_%' LOOP
    EXECUTE 'DROP FUNCTION ' || each.name || ' CASCADE';
  END LOOP;
  FOR each IN SELECT t.typname AS name FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
              WHERE n.nspname = current_schema() AND t.typname LIKE 'procrastinate_%' AND t.typtype IN ('c', 'e') LOOP
    EXECUTE 'DROP TYPE ' || each.name || ' CASCADE';
  END LOOP;
END $$;
"""


def _run(sql: str) -> None:
    # As one text without parameters: SQLAlchemy would take colons, and psycopg percent signs, for placeholders.
    if context.is_offline_mode():
        op.get_context().impl.static_output(sql)
        return
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(sql)


def upgrade() -> None:
    # As the locked version makes them: its own migrations from the first on cannot run in one transaction. So a revision for
    # a later version has to ask whether what that adds is there already.
    _run(SchemaManager.get_schema())
    _run(_INDEXES)
    job = sa.ForeignKey("procrastinate_jobs.id", name="fk_job_errors_job_id", ondelete="CASCADE")
    op.create_table(
        "job_errors",
        sa.Column("job_id", sa.BigInteger(), job, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_errors"),
    )
    for name in ("paused_queues", "known_queues"):
        op.create_table(
            name,
            sa.Column("queue", sa.Text(), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
            sa.PrimaryKeyConstraint("queue", name=f"pk_{name}"),
        )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("thread", sa.Text(), server_default="", nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("trace", sa.Text(), server_default="", nullable=False),
        sa.Column("waits_for", sa.Text()),
        sa.Column("hint", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_order_id_id", "journal", ["order_id", "id"])
    op.create_index("ix_journal_at", "journal", ["at"])
    _run(_WORKERS)
    _run(_OPERATIONS)


def downgrade() -> None:
    _run("DROP SCHEMA operations CASCADE; DROP FUNCTION worker_is_there, workers_there")
    for name in ("journal", "known_queues", "paused_queues", "job_errors"):
        op.drop_table(name)
    _run(_BACK)
