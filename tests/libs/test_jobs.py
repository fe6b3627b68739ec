"""Jobs on a real Postgres: nothing lost, nothing sent that was rolled back, nobody's work committed by two."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress

import pytest
from common import logs
from common import worker as worker_module
from common.causes import because_of, cause
from common.jobs import publish
from common.receipts import Webhook, WebhookReceipt, receive
from common.settings import PlatformSettings
from common.trace import continued, trace_id
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.in_thread import as_it_was
from tests.support.job_bench import Bench, InTurn, Note, Run


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
