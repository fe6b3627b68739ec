"""Jobs on a real Postgres: nothing lost, nothing sent that was rolled back, nobody's work committed by two."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from common import logs
from common import worker as worker_module
from common.causes import because_of, cause
from common.database import Database
from common.jobs import Handler, handles, publish
from common.leases import LeaseLost, conclude
from common.messages import Message
from common.receipts import Webhook, WebhookReceipt, receive
from common.settings import PlatformSettings
from common.trace import continued, trace_id
from common.worker import JobWorker
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.in_thread import as_it_was
from tests.support.polling import PATIENCE
from tests.support.storage import Postgres

ORDER = UUID(int=1)


class Note(Message):
    """A message for these tests; each test has a queue of its own."""

    queue: ClassVar[str] = "test-service"
    order_id: UUID = ORDER
    text: str

    @property
    def key(self) -> str:
        return f"note:{self.text}"


class InTurn(Note):
    """One that is handled in its turn."""

    @property
    def lock(self) -> str | None:
        return f"{self.queue}:{self.order_id}"


class Bench:
    """A database with a queue that nobody else has."""

    def __init__(self, database: Database, url: str) -> None:
        self.database, self.url = database, url
        self.queue = f"service-{uuid4().hex[:8]}"
        self.done: list[str] = []

    async def send(self, *texts: str, kind: type[Note] = Note) -> None:
        """Queues notes, one transaction for all."""
        async with self.database.transaction() as session:
            for each in texts:
                publish(session, "tests", self.made(each, kind))

    def made(self, content: str, kind: type[Note] = Note) -> Note:
        """A note for this bench's queue."""
        mine = type(kind.__name__, (kind,), {"queue": self.queue, "__annotations__": {}})
        note: Note = mine(text=content)
        return note

    def worker(
        self, function: Callable[[Bench, Note], Awaitable[None]], kind: type[Note] = Note
    ) -> JobWorker[Bench]:
        """A worker for the queue that does `function` with each note."""
        handlers: list[Handler[Bench]] = [handles(kind, function)]
        return JobWorker(self.queue, self.url, self, handlers)

    async def note(self, _: Bench, message: Note) -> None:
        """Remembers the note."""
        self.done.append(message.text)

    async def ask(self, query: str, **values: object) -> list[Any]:
        """Rows of a query; `:queue` is this bench's."""
        async with self.database.transaction() as session:
            found = await session.execute(text(query), {"queue": self.queue, **values})
            assert isinstance(found, CursorResult)
            return list(found) if found.returns_rows else []

    async def states(self) -> list[tuple[str, int]]:
        """State and tries of each job, as operators see them."""
        query = "SELECT state, tries FROM operations.jobs WHERE queue = :queue ORDER BY id"
        return [tuple(row) for row in await self.ask(query)]

    async def until(self, condition: Callable[[], Awaitable[bool] | bool]) -> None:
        """Waits for `condition`."""
        async with asyncio.timeout(PATIENCE):
            while not ((met := condition()) if isinstance(met := condition(), bool) else await met):
                await asyncio.sleep(0.02)

    async def until_empty(self) -> None:
        """Waits until the queue has no job."""
        async with asyncio.timeout(PATIENCE):
            while await self.states():
                await asyncio.sleep(0.02)


Run = Callable[[Callable[[Bench], Coroutine[None, None, None]]], None]


@pytest.fixture
def run(database_url: str) -> Run:
    """Runs a coroutine with a bench."""

    def go(test: Callable[[Bench], Coroutine[None, None, None]]) -> None:
        async def main() -> None:
            database = Database(database_url, "tests")
            try:
                await asyncio.wait_for(test(Bench(database, database_url)), 3 * PATIENCE)
            finally:
                await database.close()

        asyncio.run(main())

    return go


def test_what_is_rolled_back_is_never_sent(run: Run) -> None:
    async def test(bench: Bench) -> None:
        with suppress(RuntimeError):
            async with bench.database.transaction() as session:
                publish(session, "tests", bench.made("never"))
                await session.flush()
                raise RuntimeError
        assert await bench.states() == []

    run(test)


def test_what_is_committed_is_done_at_once_and_forgotten(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_POLL_SECONDS", 600.0)

    async def test(bench: Bench) -> None:
        await bench.send("a", "b")
        worker = bench.worker(bench.note)
        await worker.start()
        await bench.until(lambda: sorted(bench.done) == ["a", "b"])
        await bench.send("c")
        await bench.until(lambda: sorted(bench.done) == ["a", "b", "c"])
        await bench.until_empty()
        await worker.stop()

    run(test)


def test_a_failing_job_is_tried_again_and_says_why(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def moody(_: Bench, message: Note) -> None:
            bench.done.append(message.text)
            if len(bench.done) < 3:
                raise RuntimeError("somebody's address")

        await bench.send("again")
        worker = bench.worker(moody)
        await worker.start()
        await bench.until(lambda: len(bench.done) == 1)

        async def noted() -> bool:
            return (
                await bench.ask("SELECT FROM operations.jobs WHERE queue = :queue AND error = 'RuntimeError'")
                != []
            )

        await bench.until(noted)
        await bench.until_empty()
        assert bench.done == ["again"] * 3
        await worker.stop()

    run(test)


def test_a_job_that_fails_for_good_is_kept_and_can_be_asked_for_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "TRIES", 2)

    async def test(bench: Bench) -> None:
        well = asyncio.Event()

        async def never(_: Bench, message: Note) -> None:
            if not well.is_set():
                raise RuntimeError(message.text)
            bench.done.append(message.text)

        await bench.send("doomed")
        worker = bench.worker(never)
        await worker.start()

        async def dead() -> bool:
            return [state for state, _ in await bench.states()] == ["dead"]

        await bench.until(dead)
        [(number,)] = await bench.ask("SELECT id FROM operations.jobs WHERE queue = :queue")
        well.set()
        assert await bench.ask("SELECT operations.retry(:id)", id=number) == [(True,)]
        await bench.until(lambda: bench.done == ["doomed"])
        assert await bench.ask("SELECT operations.retry(:id)", id=number) == [(False,)]
        told = "SELECT what, cause FROM operations.journal WHERE service = :queue"
        assert await bench.ask(told) == [("job asked for again", "a person")]
        await worker.stop()

    run(test)


def test_a_message_of_a_later_version_is_left_for_it(run: Run) -> None:
    """During a roll both versions work on one queue."""

    async def test(bench: Bench) -> None:
        await bench.send("later", kind=InTurn)
        worker = bench.worker(bench.note)
        await worker.start()

        async def left() -> bool:
            return [state for state, _ in await bench.states()] == ["retrying"]

        await bench.until(left)
        await worker.stop()
        assert bench.done == []

    run(test)


def test_messages_with_one_lock_are_handled_in_their_order(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def slower_at_first(_: Bench, message: Note) -> None:
            await asyncio.sleep(0.1 / (len(bench.done) + 1))
            bench.done.append(message.text)

        texts = [str(number) for number in range(8)]
        await bench.send(*texts, kind=InTurn)
        workers = [bench.worker(slower_at_first, InTurn) for _ in range(2)]
        for worker in workers:
            await worker.start()
        await bench.until(lambda: len(bench.done) == len(texts))
        assert bench.done == texts
        for worker in workers:
            await worker.stop()

    run(test)


def test_two_workers_do_each_job_once(run: Run) -> None:
    async def test(bench: Bench) -> None:
        texts = [f"both-{n}" for n in range(60)]
        await bench.send(*texts)
        workers = [bench.worker(bench.note) for _ in range(2)]
        for worker in workers:
            await worker.start()
        await bench.until_empty()
        assert sorted(bench.done) == sorted(texts)
        for worker in workers:
            await worker.stop()

    run(test)


def test_a_paused_queue_waits(run: Run) -> None:
    async def test(bench: Bench) -> None:
        await bench.ask("SELECT operations.pause(:queue)")
        await bench.send("patient")
        worker = bench.worker(bench.note)
        await worker.start()
        there = "SELECT workers FROM operations.queues WHERE queue = :queue"

        async def at_work() -> bool:
            return await bench.ask(there) == [(1,)]

        await bench.until(at_work)
        assert await bench.states() == [("paused", 0)]
        await bench.ask("SELECT operations.resume(:queue)")
        await bench.until(lambda: bench.done == ["patient"])
        await worker.stop()
        assert await bench.ask(there) == [(0,)]

    run(test)


def test_a_stopping_worker_finishes_its_job_and_takes_no_other(run: Run) -> None:
    async def test(bench: Bench) -> None:
        started, release = asyncio.Event(), asyncio.Event()

        async def slow(_: Bench, message: Note) -> None:
            started.set()
            await release.wait()
            bench.done.append(message.text)

        await bench.send("slow")
        worker = bench.worker(slow)
        await worker.start()
        await started.wait()
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0.1)
        await bench.send("late")
        release.set()
        await stopping
        assert bench.done == ["slow"]
        assert await bench.states() == [("waiting", 0)]

    run(test)


def test_a_job_that_does_not_end_is_handed_back_by_a_stop(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_STOP_SECONDS", 0.1)

    async def test(bench: Bench) -> None:
        started = asyncio.Event()

        async def endless(_: Bench, __: Note) -> None:
            started.set()
            await asyncio.Event().wait()

        await bench.send("endless")
        worker = bench.worker(endless)
        await worker.start()
        await started.wait()
        await worker.stop()
        assert await bench.states() == [("waiting", 1)]

    run(test)


def test_an_idle_worker_stops_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no job to wait for; did it wait, it would for as long as a job may take."""
    monkeypatch.setattr(worker_module, "_STOP_SECONDS", 100_000)

    async def test(bench: Bench) -> None:
        worker = bench.worker(bench.note)
        await worker.start()
        await asyncio.sleep(0.3)
        await worker.stop()

    run(test)


def test_who_lost_a_job_commits_nothing(run: Run) -> None:
    """It stood still, another one took the job over, and then it went on."""

    async def test(bench: Bench) -> None:
        began, go_on = asyncio.Event(), asyncio.Event()
        outcomes: list[str] = []

        async def work(_: Bench, message: Note) -> None:
            first = not began.is_set()
            began.set()
            if first:
                await go_on.wait()
            try:
                async with bench.database.transaction() as session:
                    publish(session, "tests", Note(text=f"of {message.text}"))
                    await conclude(session)
            except LeaseLost:
                outcomes.append("lost")
                raise
            outcomes.append("done")

        await bench.send("shared")
        worker = bench.worker(work)
        await worker.start()
        await began.wait()
        # Taken from it, as from one that is gone.
        query = "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM procrastinate_jobs WHERE queue_name = :queue"
        await bench.ask(query)
        await bench.until(lambda: outcomes == ["done"])
        go_on.set()
        await bench.until(lambda: outcomes == ["done", "lost"])
        effects = (
            "SELECT args->'payload'->>'text' FROM procrastinate_jobs WHERE args->>'key' = 'note:of shared'"
        )
        assert await bench.ask(effects) == [("of shared",)]
        assert await bench.states() == []
        await worker.stop()
        await bench.ask("DELETE FROM procrastinate_jobs WHERE queue_name = 'test-service'")

    run(test)


def test_what_follows_a_conclusion_cannot_bring_the_job_back(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def work(_: Bench, message: Note) -> None:
            async with bench.database.transaction() as session:
                await conclude(session)
            bench.done.append(message.text)
            raise RuntimeError

        await bench.send("once")
        worker = bench.worker(work)
        await worker.start()
        await bench.until(lambda: bench.done == ["once"])
        await bench.until_empty()
        await worker.stop()
        assert bench.done == ["once"]

    run(test)


def test_a_conclusion_that_is_rolled_back_is_none(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def work(_: Bench, message: Note) -> None:
            bench.done.append(message.text)
            async with bench.database.transaction() as session:
                await conclude(session)
                if len(bench.done) == 1:
                    raise RuntimeError

        await bench.send("twice")
        worker = bench.worker(work)
        await worker.start()
        await bench.until_empty()
        await worker.stop()
        assert bench.done == ["twice", "twice"]

    run(test)


_OTHER_PROCESS = """
import asyncio, sys
from typing import ClassVar
from common.jobs import handles
from common.messages import Message
from common.worker import JobWorker

class Note(Message):
    queue: ClassVar[str] = ""
    text: str

async def hang(_, message):
    print("has it", flush=True)
    await asyncio.Event().wait()

async def main():
    await JobWorker(sys.argv[1], sys.stdin.readline().strip(), None, [handles(Note, hang)]).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


def _elsewhere(bench: Bench) -> subprocess.Popen[str]:
    """A worker in another process, which has taken the queue's job."""
    process = subprocess.Popen(
        [sys.executable, "-c", _OTHER_PROCESS, bench.queue],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "libs"},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(bench.url + "\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "has it"
    return process


def test_a_killed_workers_job_is_taken_over_and_a_stopped_ones_is_not(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A debugger stops a process as SIGSTOP does: nothing of it runs, and its connections stay."""
    monkeypatch.setattr(worker_module, "_LOOK_SECONDS", 0.2)

    async def test(bench: Bench) -> None:
        await bench.send("held")
        other = await asyncio.to_thread(_elsewhere, bench)
        worker = bench.worker(bench.note)
        try:
            os.kill(other.pid, signal.SIGSTOP)
            await worker.start()
            # Long enough to be looked at, several times over.
            await asyncio.sleep(1.5)
            assert (bench.done, await bench.states()) == ([], [("running", 0)])
            os.kill(other.pid, signal.SIGKILL)
            await asyncio.to_thread(other.wait)
            await bench.until(lambda: bench.done == ["held"])
            await bench.until_empty()
        finally:
            other.kill()
            other.wait()
            await worker.stop()

    run(test)


def test_work_goes_on_when_postgres_was_away(run: Run, postgres_server: Postgres) -> None:
    async def test(bench: Bench) -> None:
        worker = bench.worker(bench.note)
        await worker.start()
        await bench.send("before")
        await bench.until(lambda: bench.done == ["before"])
        # As a restart does it: every connection of the worker ends.
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE :mine"
        assert await bench.ask(ended, mine=f"{bench.queue}%")
        await bench.send("after")
        await bench.until(lambda: bench.done == ["before", "after"])
        await bench.until_empty()
        await worker.stop()

    run(test)


def test_an_outcome_that_could_not_be_written_is_made_up_for(run: Run) -> None:
    """Postgres goes away while a job runs."""

    async def test(bench: Bench) -> None:
        began, go_on = asyncio.Event(), asyncio.Event()

        async def work(_: Bench, message: Note) -> None:
            began.set()
            await go_on.wait()
            bench.done.append(message.text)

        worker = bench.worker(work)
        await worker.start()
        await bench.send("while it was away")
        await began.wait()
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE :mine"
        await bench.ask(ended, mine=f"{bench.queue}%")
        go_on.set()
        await bench.until_empty()
        assert set(bench.done) == {"while it was away"}
        await worker.stop()

    run(test)


def test_cause_and_trace_go_with_a_message(run: Run) -> None:
    async def test(bench: Bench) -> None:
        seen: list[tuple[str, str]] = []

        async def look(_: Bench, message: Note) -> None:
            seen.append((cause(), trace_id()))

        with because_of("webhook shopify orders/create 1"), continued("", "test"):
            mine = trace_id()
            await bench.send("traced")
        [(told, number)] = await bench.ask("SELECT cause, id FROM operations.jobs WHERE queue = :queue")
        assert told == "webhook shopify orders/create 1"
        worker = bench.worker(look)
        await worker.start()
        await bench.until(lambda: len(seen) == 1)
        assert seen == [(f"message note {number}", mine)]
        await worker.stop()

    run(test)


def test_a_receipt_is_stored_once_however_often_it_comes(run: Run) -> None:
    async def test(bench: Bench) -> None:
        webhook = Webhook(webhook_id=bench.queue, topic="t", triggered_at="", account="", body=b"{}")
        acted = []

        async def act(_: AsyncSession, receipt: WebhookReceipt) -> str:
            acted.append(receipt.webhook_id)
            return "stored"

        async def once() -> str:
            return (await receive(bench.database, "shopify", webhook, act)).status

        assert sorted(await asyncio.gather(*(once() for _ in range(10)))) == ["duplicate"] * 9 + ["stored"]
        assert acted == [bench.queue]

    run(test)


def test_nothing_of_a_message_is_logged(run: Run) -> None:
    """Addresses are in messages; Procrastinate itself logs every argument."""

    async def test(bench: Bench) -> None:
        async def fails(_: Bench, message: Note) -> None:
            bench.done.append(message.text)
            if len(bench.done) == 1:
                raise RuntimeError

        await bench.send("Kerkstraat 1", "Kerkstraat 2")
        unreadable = (
            "UPDATE procrastinate_jobs SET args = jsonb_set(args, '{payload,text}', '[\"Kerkstraat\"]')"
        )
        await bench.ask(f"{unreadable} WHERE queue_name = :queue AND args->>'key' = 'note:Kerkstraat 2'")
        worker = bench.worker(fails)
        await worker.start()
        failed = "SELECT FROM operations.jobs WHERE queue = :queue AND error = 'ValidationError'"

        async def both() -> bool:
            return await bench.ask(failed) != [] and "Kerkstraat 1" in bench.done[1:]

        await bench.until(both)
        await worker.stop()

    settings = PlatformSettings.model_construct(log_level="debug", node_env="development")
    told = io.StringIO()
    with as_it_was():
        logs.configure("tests", settings, told)
        run(test)
    assert "a job failed" in told.getvalue()
    assert "Kerkstraat" not in told.getvalue()
