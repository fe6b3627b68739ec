"""What an earlier release left in Redis and in the outbox goes on: with SAQ itself, as that release used it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from common.carry_over import OutboxMessage, carry_over
from common.database import Database
from common.redis_client import connect
from saq import Job, Status
from saq.queue.redis import RedisQueue
from sqlalchemy import text

from tests.support.storage import RedisServer

ORDER = str(UUID(int=7))


class Left:
    """A database and a Redis with a queue of an earlier release."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.database, self.redis = Database(database_url, "tests"), connect(redis_url)
        self.name = f"service-{uuid4().hex[:8]}"
        self.queue = RedisQueue(self.redis, name=self.name)

    async def enqueue(self, key: str) -> Job:
        """As that release's relay did."""
        job = Job(
            function="parcel_changed", key=key, kwargs={"payload": {"order_id": ORDER, "key": key}},
            timeout=60, retries=25, retry_delay=0.5, retry_backoff=300.0,
        )  # fmt: skip
        queued = await self.queue.enqueue(job)
        assert queued is not None
        return queued

    async def jobs(self) -> list[tuple[Any, ...]]:
        """Key, state, subject and payload of what waits in Postgres."""
        query = "SELECT key, state, subject, payload FROM operations.jobs WHERE queue = :queue ORDER BY id"
        async with self.database.transaction() as session:
            return [tuple(row) for row in await session.execute(text(query), {"queue": self.name})]

    async def take(self) -> int:
        """What the new release does every 20 s."""
        return await carry_over(self.name, self.database, self.redis)


@pytest.fixture
def left(database_url: str, redis: RedisServer) -> Left:
    return Left(database_url, redis.url)


def row(key: str, state: str = "waiting") -> tuple[Any, ...]:
    return key, state, ORDER, {"order_id": ORDER, "key": key}


def test_all_that_waits_in_redis_is_taken_over_in_its_order(left: Left) -> None:
    async def test() -> None:
        for key in ("first", "second"):
            await left.enqueue(key)
            await asyncio.sleep(0.01)
        # What runs when the last old pod ends: nobody else will take it back.
        taken = await left.queue.dequeue()
        assert taken is not None
        await taken.update(status=Status.ACTIVE)
        retried = await left.enqueue("retried")
        retried.attempts = 1
        retried.status = Status.ACTIVE
        await left.queue.retry(retried, "not now")
        assert await left.take() == 3
        assert await left.jobs() == [row("first"), row("second"), row("retried")]
        assert await left.take() == 0
        assert [key async for key in left.redis.scan_iter(match=f"saq*{left.name}*:q*")] == []

    asyncio.run(test())


def test_dead_letters_stay_dead(left: Left) -> None:
    async def test() -> None:
        job = await left.enqueue("doomed")
        await left.queue.finish(job, Status.FAILED, error="RuntimeError: somebody's address")
        await left.redis.persist(job.id)
        done = await left.enqueue("done")
        await left.queue.finish(done, Status.COMPLETE)
        assert await left.take() == 1
        assert await left.jobs() == [row("doomed", "dead")]

    asyncio.run(test())


def test_an_earlier_worker_that_still_works_keeps_its_jobs(left: Left) -> None:
    async def test() -> None:
        await left.enqueue("theirs")
        info: Any = {"stats": {}, "queue_key": left.name, "metadata": {}}
        await left.queue.write_worker_info("old", info, ttl=30)
        assert await left.take() == 0
        await left.redis.delete(left.queue.namespace("worker_info:old"))
        assert await left.take() == 1

    asyncio.run(test())


def test_the_outbox_is_emptied_once_by_several(left: Left) -> None:
    async def test() -> None:
        async with left.database.transaction() as session:
            for number in range(20):
                message = {"order_id": ORDER, "key": str(number)}
                session.add(
                    OutboxMessage(
                        service=left.name,
                        queue=left.name,
                        job="parcel_changed",
                        key=str(number),
                        payload=message,
                    )
                )
        taken = await asyncio.gather(*(left.take() for _ in range(3)))
        assert sum(taken) == 20
        assert [key for key, *_ in await left.jobs()] == [str(number) for number in range(20)]

    asyncio.run(test())
