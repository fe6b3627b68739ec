"""The job queue (SAQ on Redis): one queue per service, its worker inside the service's process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from saq import Job, Status, Worker
from saq.queue.redis import RedisQueue
from saq.types import Context

from common.messages import Message
from common.redis_client import Redis, RedisError

__all__ = ["Handler", "JobWorker", "Queues", "handles"]

_CONCURRENCY = 4
_RETRIES = 25
_TIMEOUT_SECONDS = 60
_LONGEST_RETRY_DELAY = 300.0
_STOP_SECONDS = 20
_MARK_SECONDS = 10  # between taking a job and marking it: more than a busy service needs

logger = logging.getLogger(__name__)

C = TypeVar("C")
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Handler(Generic[C]):
    """Runs the job `name` with a service's context and a message's payload."""

    name: str
    run: Callable[[C, Mapping[str, object]], Awaitable[None]]


def handles(message: type[M], function: Callable[[C, M], Awaitable[None]]) -> Handler[C]:
    """Binds `function` to the jobs that carry a `message`."""

    async def run(context: C, payload: Mapping[str, object]) -> None:
        await function(context, message.model_validate(payload))

    return Handler(message.job_name(), run)


class Queues:
    """The queues that a service sends to, by service name, on one Redis client.

    `patience`: seconds that a job may take beyond what it normally may, because a debugger may hold it.
    """

    def __init__(self, redis: Redis, patience: int = 0) -> None:
        self._redis, self._patience = redis, patience
        self._queues: dict[str, RedisQueue] = {}

    async def enqueue(self, queue: str, job: str, key: str, payload: Mapping[str, object]) -> None:
        """Queues a job unless one with this key waits or runs. Raises `RedisError`."""
        target = self._queues.setdefault(queue, RedisQueue(self._redis, name=queue))
        await target.enqueue(
            Job(
                function=job,
                key=key,
                kwargs={"payload": dict(payload)},
                timeout=_TIMEOUT_SECONDS + self._patience,
                retries=_RETRIES,
                retry_delay=0.5,
                retry_backoff=_LONGEST_RETRY_DELAY,
            )
        )


class _Queue(RedisQueue):
    """Knows which tasks merely wait for work, and does not spin while Redis is unavailable."""

    def __init__(self, redis: Redis, name: str) -> None:
        super().__init__(redis, name=name)
        self.idle: set[asyncio.Task[object]] = set()

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:
        task = asyncio.current_task()
        assert task is not None
        self.idle.add(task)
        try:
            return await super().dequeue(timeout, poll_interval)
        except RedisError as problem:
            logger.warning(
                "the queue is unavailable", extra={"queue": self.name, "reason": type(problem).__name__}
            )
            await asyncio.sleep(1)
            return None
        finally:
            self.idle.discard(task)

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Takes back what no worker works on any more, returns the ids of those jobs.

        Replaces SAQ's own (0.26), which also takes back what a worker took a moment ago and has not marked as active
        yet: such a job ran twice, or ended as aborted.
        """
        if not await self.redis.set(self.namespace("sweep"), 1, nx=True, ex=lock):
            return []
        unmarked = {_attempt(job) for job in await self.taken() if job.status == Status.QUEUED}
        if unmarked:
            await asyncio.sleep(_MARK_SECONDS)
        swept = []
        for job in await self.taken():
            if job.stuck:
                await self.abort(job, self.swept_error_message)
                with contextlib.suppress(asyncio.TimeoutError):
                    await job.refresh(abort)
            elif job.status != Status.QUEUED or _attempt(job) not in unmarked:
                continue
            if job.retryable:
                await self.retry(job, self.swept_error_message)
            else:
                await self.finish(job, Status.ABORTED, error=self.swept_error_message)
            swept.append(job.id)
        return swept

    async def taken(self) -> list[Job]:
        """What workers have taken and not finished. An id without a job is forgotten."""
        jobs = []
        for job_id in await self.redis.lrange(self.namespace("active"), 0, -1):
            name = job_id if isinstance(job_id, str) else job_id.decode()
            job = await self.job(self.job_key_from_id(name))
            if job is None:
                await self.redis.lrem(self.namespace("active"), 0, name)
                await self.redis.zrem(self.namespace("incomplete"), name)
            else:
                jobs.append(job)
        return jobs


def _attempt(job: Job) -> tuple[str, int, int]:
    return job.id, job.queued, job.attempts


class _Worker(Worker[Context]):
    SIGNALS = []  # noqa: RUF012 - uvicorn owns the signals


class JobWorker(Generic[C]):
    """Works off a service's queue until stopped.

    Failed jobs are tried again with growing, jittered delays; one that keeps failing stays in Redis as
    `failed` (a dead letter). A worker that was killed resumes its unfinished jobs when it comes back: it
    knows them by its identity, host and port.
    """

    def __init__(
        self, service: str, redis: Redis, context: C, handlers: Sequence[Handler[C]], port: int = 0
    ) -> None:
        self._queue = _Queue(redis, service)
        self._identity = f"{service}@{socket.gethostname()}:{port}"
        self._context = context
        self._worker = _Worker(
            self._queue,
            [(handler.name, self._entry(handler)) for handler in handlers],
            id=self._identity,
            concurrency=_CONCURRENCY,
            after_process=self._keep_dead_letters,
            timers={"schedule": 1, "worker_info": 15, "sweep": 15, "abort": 1},
            shutdown_grace_period_s=_STOP_SECONDS,
        )
        self._running: asyncio.Task[None] | None = None
        self._started = False

    async def start(self) -> None:
        """Starts working. Returns at once; Redis may still be unavailable."""
        self._running = asyncio.create_task(self._run(), name="job-worker")

    async def stop(self) -> None:
        """Accepts no more jobs, waits for the running ones (20 s at most), then returns."""
        if self._running is None:
            return
        self._worker.event.set()
        for task in list(self._worker.tasks):
            # Only what waits is cut short: upkeep timers and the blocking reads of an empty queue.
            if task.get_name() != "process" or task in self._queue.idle:
                task.cancel()
        if not self._started:
            self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        delay = 0.2
        while True:
            try:
                await self._reclaim()
                break
            except RedisError as problem:
                logger.warning("the worker waits for Redis", extra={"reason": type(problem).__name__})
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5)
        self._started = True
        await self._worker.start()

    async def _reclaim(self) -> None:
        # Left alone, they would wait until their timeout: the sweep takes them back only then.
        for job in await self._queue.taken():
            if job.status == Status.ACTIVE and job.worker_id == self._identity:
                logger.info("resuming an interrupted job", extra={"job": job.key})
                await self._queue.retry(job, "the worker was stopped")

    def _entry(self, handler: Handler[C]) -> Callable[..., Awaitable[None]]:
        async def entry(_context: Context, *, payload: dict[str, object]) -> None:
            await handler.run(self._context, payload)

        return entry

    async def _keep_dead_letters(self, context: Context) -> None:
        job = context["job"]
        if job.status == Status.FAILED:
            logger.error("a job failed for good", extra={"job": job.key, "attempts": job.attempts})
            await self._queue.redis.persist(job.id)
