"""Works off a service's queue, inside the service's process: Procrastinate's worker, and what keeps it at work."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from common import leases
from common.causes import because_of
from common.database import conninfo
from common.job_manager import Attempt, Failure, FencedManager
from common.jobs import Handler
from common.leases import Lease, LeaseLost
from common.presence import Presence, present
from common.providers import ProviderAway
from common.trace import continued

__all__ = ["CONNECTIONS", "TRIES", "JobWorker"]

CONNECTIONS = 4
"""How many connections to Postgres a worker has: one shows that it is there, one listens, two fetch jobs and write their ends."""

TRIES = 25
"""How often a job is tried before it fails for good and waits for a person."""

_CONCURRENCY = 4
_TIMEOUT_SECONDS = 60
_CONNECT_SECONDS = 5
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 300.0
_STOP_SECONDS = 15
_LOOK_SECONDS = 2.0
_POLL_SECONDS = 1.0
_LONGEST_PAUSE = 5.0
# What is due is done also when nobody was there at its time, unless that is longer ago.
_LATEST_SECONDS = 24 * 3600

# What a later try may not meet any more.
_EXPECTED = (ProviderAway, LeaseLost, TimeoutError, OperationalError, InterfaceError, PoolTimeout)

logger = logging.getLogger(__name__)

C = TypeVar("C")


class _Backoff(BaseRetryStrategy):
    """Doubles the delay from half a second to five minutes, with jitter. What a stop interrupted is tried again at once."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, (asyncio.CancelledError, LeaseLost)):
            return RetryDecision(retry_at=datetime.now(UTC))
        if job.attempts + 1 >= TRIES:
            return None
        delay = min(_FIRST_DELAY * 2**job.attempts, _LONGEST_DELAY) * random.uniform(0.5, 1.0)
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=delay))


class JobWorker(Generic[C]):
    """Works off the queue of `service` until stopped.

    Failed jobs are tried again; one that keeps failing stays as `failed`. What a worker that is gone had is taken over within
    seconds, by whoever works on that queue. `patience` is how many seconds more a job may take, since a debugger may hold it.
    """

    def __init__(
        self,
        service: str,
        database_url: str,
        context: C,
        handlers: Sequence[Handler[C]],
        patience: int = 0,
    ) -> None:
        self._service = service
        self._conninfo = conninfo(database_url)
        self._context = context
        self._seconds = _TIMEOUT_SECONDS + patience
        self._pool = AsyncConnectionPool(
            self._conninfo,
            min_size=1,
            max_size=CONNECTIONS - 1,
            open=False,
            timeout=_CONNECT_SECONDS,
            # Then whoever asks next begins anew; the pauses between its tries would grow to minutes.
            reconnect_timeout=_CONNECT_SECONDS,
            kwargs={"application_name": f"{service} queue"},
            configure=_one_statement_transactions,
        )
        connector = PsycopgConnector()
        self._connector = connector
        self._app = App(connector=connector, periodic_defaults={"max_delay": _LATEST_SECONDS})
        self._manager = FencedManager(connector, frozenset(handler.name for handler in handlers))
        self._app.job_manager = self._manager
        for handler in handlers:
            task = self._app.task(name=handler.name, queue=service, pass_context=True, retry=_Backoff())(
                self._entry(handler)
            )
            if handler.cron:
                schedule = self._app.periodic(
                    cron=handler.cron, periodic_id=service, queueing_lock=f"{service}:{handler.name}"
                )
                schedule(task)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts working. Returns at once; Postgres may still be unavailable."""
        self._running = asyncio.create_task(self._run(), name="job-worker")

    async def stop(self) -> None:
        """Accepts no more jobs, lets the running ones finish for 15 s, and gives back those that did not."""
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self._pool.close()

    async def _run(self) -> None:
        await self._pool.open()
        await self._connector.open_async(self._pool)
        pause = 0.2
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._work()
            except (psycopg.Error, ConnectorException, TimeoutError) as problem:
                logger.warning("the worker waits for Postgres", extra={"reason": type(problem).__name__})
            if asyncio.get_running_loop().time() - began > 10 * _LONGEST_PAUSE:
                pause = 0.2
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _work(self) -> None:
        """Works until Postgres is lost. Raises what lost it."""
        async with present(self._conninfo, self._service, TRIES) as presence:
            self._manager.presence, self._manager.failing = presence, False
            working = asyncio.create_task(
                self._app.run_worker_async(
                    queues=[self._service],
                    name=self._service,
                    concurrency=_CONCURRENCY,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    fetch_job_polling_interval=_POLL_SECONDS,
                    abort_job_polling_interval=3600,
                    update_heartbeat_interval=30,
                    shutdown_graceful_timeout=_STOP_SECONDS,
                )
            )
            looking = asyncio.create_task(self._look(presence))
            try:
                await asyncio.wait({working, looking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _ended(looking)
                # Not before its jobs have ended: until then it is there.
                await _ended(working)
            for task in (looking, working):
                if not task.cancelled() and (problem := task.exception()):
                    raise problem

    async def _look(self, presence: Presence) -> None:
        """Looks for lost workers' jobs for as long as outcomes can be written."""
        while not self._manager.failing:
            await asyncio.sleep(_LOOK_SECONDS * random.uniform(0.8, 1.2))
            await presence.look()

    def _entry(self, handler: Handler[C]) -> Callable[..., Coroutine[Any, Any, None]]:
        async def entry(running: JobContext, **args: Any) -> None:
            job, outcome = running.job, Attempt.outcome_of(running.job)
            assert job.id is not None
            assert job.worker_id is not None
            try:
                with (
                    leases.holding(Lease(job.id, job.worker_id, job.attempts)) as lease,
                    because_of(f"message {handler.name} {job.id}"),
                    continued(args.get("traceparent", ""), handler.name),
                ):
                    try:
                        async with asyncio.timeout(self._seconds):
                            await handler.run(self._context, args["payload"])
                    finally:
                        outcome.concluded = lease.concluded
            except Exception as problem:
                outcome.failure = failure = _told(problem)
                about = {"job": handler.name, "id": job.id, "tries": job.attempts + 1}
                told = {**about, "reason": failure.text}
                # The others are a defect: with its traceback, and at a level that is reported.
                expected = isinstance(problem, _EXPECTED)
                logger.log(
                    logging.WARNING if expected else logging.ERROR,
                    "a job failed",
                    extra=told,
                    exc_info=not expected,
                )
                raise

        return entry


def _told(problem: Exception) -> Failure:
    """One line; the text of any other error may hold somebody's address."""
    if isinstance(problem, ProviderAway):
        return Failure(str(problem), problem.provider)
    return Failure(type(problem).__name__)


async def _one_statement_transactions(connection: psycopg.AsyncConnection) -> None:
    """Procrastinate's are no other: so neither BEGIN nor COMMIT is a round trip of its own."""
    await connection.set_autocommit(True)


async def _ended(task: asyncio.Task[Any]) -> None:
    """Cancels the task and waits until it has ended, also when this is cancelled meanwhile.

    At its first cancellation a worker waits for its jobs; what it then asks a Postgres that does not answer is cut short.
    """
    task.cancel()
    cancelled = False
    patience = _STOP_SECONDS + 1.0
    while not task.done():
        try:
            await asyncio.wait({task}, timeout=patience)
        except asyncio.CancelledError:
            cancelled = True
            continue
        patience = 1.0
        task.cancel()
    with suppress(asyncio.CancelledError):
        task.exception()
    if cancelled:
        raise asyncio.CancelledError
