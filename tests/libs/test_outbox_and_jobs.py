"""Outbox and queue on real Postgres and Redis: nothing lost, nothing sent that was rolled back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import ClassVar
from uuid import uuid4

import pytest
from common.database import Database
from common.jobs import Handler, JobWorker, Queues, _Queue, handles
from common.messages import Message
from common.outbox import OutboxMessage, Relay, publish
from common.receipts import Webhook, WebhookReceipt, receive
from common.redis_client import Redis, RedisError, connect
from saq import Job, Status
from saq.queue.redis import RedisQueue
from saq.utils import now
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.polling import PATIENCE
from tests.support.storage import RedisServer


class Note(Message):
    """A message for these tests; each test has a queue of its own."""

    queue: ClassVar[str] = "test-service"
    text: str

    @property
    def key(self) -> str:
        return f"note:{self.text}"


class Bench:
    """A database, Redis, and a service's name that nobody else has."""

    def __init__(self, database: Database, redis: Redis) -> None:
        self.database, self.redis = database, redis
        self.service = f"service-{uuid4().hex[:8]}"
        self.relay = Relay(self.service, database, Queues(redis))
        self.done: list[str] = []

    async def waiting(self) -> int:
        """How many messages are in the outbox."""
        mine = select(func.count()).where(OutboxMessage.service == self.service)
        async with self.database.transaction() as session:
            return int(await session.scalar(mine) or 0)

    async def write(self, *texts: str) -> None:
        """Stores messages."""
        async with self.database.transaction() as session:
            for text in texts:
                publish(session, self.service, Note(text=text))
                session.info["last"] = text

    def worker(
        self, queue: str, function: Callable[[Bench, Note], Awaitable[None]], port: int = 1
    ) -> JobWorker[Bench]:
        """A worker for `queue` that does `function` with each note."""
        handlers: list[Handler[Bench]] = [handles(Note, function)]
        return JobWorker(queue, self.redis, self, handlers, port)

    async def note(self, _: Bench, message: Note) -> None:
        """Remembers the note."""
        self.done.append(message.text)


async def until(condition: Callable[[], bool]) -> None:
    """Waits for `condition`."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture
def run(
    database_url: str, redis: RedisServer
) -> Callable[[Callable[[Bench], Coroutine[None, None, None]]], None]:
    """Runs a coroutine with a bench."""

    @asynccontextmanager
    async def bench() -> AsyncIterator[Bench]:
        async with AsyncExitStack() as stack:
            client = connect(redis.url)
            stack.push_async_callback(client.aclose)
            database = Database(database_url, "tests")
            stack.push_async_callback(database.close)
            yield Bench(database, client)

    def go(test: Callable[[Bench], Coroutine[None, None, None]]) -> None:
        async def main() -> None:
            async with bench() as ready:
                await asyncio.wait_for(test(ready), 2 * PATIENCE)

        asyncio.run(main())

    return go


Run = Callable[[Callable[[Bench], Coroutine[None, None, None]]], None]


def test_what_is_rolled_back_is_never_sent(run: Run) -> None:
    async def test(bench: Bench) -> None:
        with suppress(RuntimeError):
            async with bench.database.transaction() as session:
                publish(session, bench.service, Note(text="never"))
                raise RuntimeError
        assert await bench.waiting() == 0
        assert await bench.relay.relay() == 0

    run(test)


def test_what_is_committed_is_sent_and_forgotten(run: Run) -> None:
    async def test(bench: Bench) -> None:
        await bench.write("a", "b", "c")
        assert await bench.relay.relay() == 3
        assert await bench.waiting() == 0
        worker = bench.worker(Note.queue, bench.note)
        await worker.start()
        await until(lambda: sorted(bench.done) == ["a", "b", "c"])
        await worker.stop()

    run(test)


def test_the_relay_wakes_at_a_commit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.outbox._POLL_SECONDS", 600)

    async def test(bench: Bench) -> None:
        task = asyncio.create_task(bench.relay.run())
        await asyncio.sleep(0.2)
        worker = bench.worker(Note.queue, bench.note)
        await worker.start()
        await bench.write("quick")
        await until(lambda: "quick" in bench.done)
        task.cancel()
        await worker.stop()

    run(test)


def test_two_relays_send_each_message_once(run: Run) -> None:
    async def test(bench: Bench) -> None:
        texts = [f"both-{n}" for n in range(150)]
        await bench.write(*texts)
        other = Relay(bench.service, bench.database, Queues(bench.redis))
        sent = [*await asyncio.gather(bench.relay.relay(), other.relay(), other.relay())]
        while await bench.waiting():
            sent.append(await bench.relay.relay())
        assert sum(sent) == len(texts)

    run(test)


def test_messages_stay_while_redis_is_away(run: Run, redis: RedisServer) -> None:
    async def test(bench: Bench) -> None:
        task = asyncio.create_task(bench.relay.run())
        redis.stop()
        await bench.write("patient")
        with pytest.raises(RedisError):
            await bench.redis.ping()
        await asyncio.sleep(0.3)
        assert await bench.waiting() == 1
        redis.start()
        worker = bench.worker(Note.queue, bench.note)
        await worker.start()
        await until(lambda: "patient" in bench.done)
        assert await bench.waiting() == 0
        task.cancel()
        await worker.stop()

    run(test)


def test_a_failing_job_is_tried_again(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def moody(_: Bench, message: Note) -> None:
            bench.done.append(message.text)
            if len(bench.done) < 3:
                raise RuntimeError("not now")

        queue = bench.service
        await Queues(bench.redis).enqueue(queue, "note", "moody", {"text": "again"})
        worker = bench.worker(queue, moody)
        await worker.start()
        await until(lambda: len(bench.done) == 3)
        await worker.stop()

    run(test)


def test_a_job_that_fails_for_good_is_kept(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def never(_: Bench, message: Note) -> None:
            raise RuntimeError(message.text)

        queue = RedisQueue(bench.redis, name=bench.service)
        await queue.enqueue(Job("note", kwargs={"payload": {"text": "doomed"}}, key="doomed", retries=1))
        worker = bench.worker(bench.service, never)
        await worker.start()
        stored = queue.job_id("doomed")
        while (
            (await queue.info())["active"] or (job := await queue.job("doomed")) is None or not job.completed
        ):
            await asyncio.sleep(0.02)
        await worker.stop()
        assert await bench.redis.ttl(stored) == -1
        letter = await queue.job("doomed")
        assert letter is not None
        assert letter.status == Status.FAILED
        assert "doomed" in (letter.error or "")

    run(test)


@pytest.mark.parametrize("marked", [True, False], ids=["is marked in time", "stays as it is"])
def test_a_job_that_was_just_taken_is_not_swept(
    run: Run, monkeypatch: pytest.MonkeyPatch, marked: bool
) -> None:
    """A worker takes a job in one step and marks it in the next: between the two it looks lost."""

    async def test(bench: Bench) -> None:
        queue = _Queue(bench.redis, bench.service)
        await queue.enqueue(Job("note", kwargs={"payload": {"text": "taken"}}, key="taken", retries=2))
        taken = await queue.dequeue()
        assert taken is not None

        async def rest(_seconds: float) -> None:
            if marked:
                await taken.update(status=Status.ACTIVE, started=now())

        monkeypatch.setattr("common.jobs.asyncio.sleep", rest)
        swept = await queue.sweep()
        job = await queue.job("taken")
        assert job is not None
        if marked:
            assert (swept, job.status) == ([], Status.ACTIVE)
        else:
            assert (swept, job.status) == ([job.id], Status.QUEUED)
        assert await queue.count("queued") == (0 if marked else 1)
        assert await queue.sweep() == [], "another worker's turn, within the minute"

    run(test)


def test_a_job_past_its_time_is_swept(run: Run) -> None:
    async def test(bench: Bench) -> None:
        queue = _Queue(bench.redis, bench.service)
        await queue.enqueue(Job("note", kwargs={"payload": {"text": "old"}}, key="old", retries=2, timeout=1))
        taken = await queue.dequeue()
        assert taken is not None
        await taken.update(status=Status.ACTIVE, started=now() - 60_000)
        await bench.redis.lpush(queue.namespace("active"), queue.job_id("without a job"))
        assert await queue.sweep(abort=0.01) == [taken.id]
        assert [await queue.count("queued"), await queue.count("active")] == [1, 0]

    run(test)


def test_the_same_key_is_not_queued_twice_while_it_waits(run: Run) -> None:
    async def test(bench: Bench) -> None:
        queues, queue = Queues(bench.redis), bench.service
        for _ in range(3):
            await queues.enqueue(queue, "note", "same", {"text": "one"})
        assert await bench.redis.llen(f"saq:{queue}:queued") == 1

    run(test)


def test_a_stopping_worker_finishes_its_job_and_takes_no_other(run: Run) -> None:
    async def test(bench: Bench) -> None:
        started, release = asyncio.Event(), asyncio.Event()

        async def slow(_: Bench, message: Note) -> None:
            started.set()
            await release.wait()
            bench.done.append(message.text)

        queue, queues = bench.service, Queues(bench.redis)
        await queues.enqueue(queue, "note", "slow", {"text": "slow"})
        worker = bench.worker(queue, slow)
        await worker.start()
        await started.wait()
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0.1)
        await queues.enqueue(queue, "note", "late", {"text": "late"})
        release.set()
        await stopping
        assert bench.done == ["slow"]
        assert await bench.redis.llen(f"saq:{queue}:queued") == 1

    run(test)


def test_an_idle_worker_stops_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no job to wait for; did it wait, it would for as long as a job may take."""
    monkeypatch.setattr("common.jobs._STOP_SECONDS", 100_000)

    async def test(bench: Bench) -> None:
        worker = bench.worker(bench.service, bench.note)
        await worker.start()
        await asyncio.sleep(0.3)
        await worker.stop()

    run(test)


def test_a_receipt_is_stored_once_however_often_it_comes(run: Run) -> None:
    async def test(bench: Bench) -> None:
        webhook = Webhook(webhook_id=bench.service, topic="t", triggered_at="", account="", body=b"{}")
        acted = []

        async def act(_: AsyncSession, receipt: WebhookReceipt) -> str:
            acted.append(receipt.webhook_id)
            return "stored"

        async def once() -> str:
            return (await receive(bench.database, "shopify", webhook, act)).status

        assert sorted(await asyncio.gather(*(once() for _ in range(10)))) == ["duplicate"] * 9 + ["stored"]
        assert acted == [bench.service]

    run(test)
