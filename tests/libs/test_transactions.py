"""A transaction: what it tells others is written with it, a job may end with it, and no closed connection serves it."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress

from common import journal, outgoing
from common.jobs import publish
from common.leases import LeaseLost
from sqlalchemy import text

from tests.support.job_bench import Bench, Run


def test_lines_and_jobs_are_written_in_their_order_and_only_by_a_commit(run: Run) -> None:
    async def test(bench: Bench) -> None:
        order = uuid.uuid4()
        with suppress(ZeroDivisionError):
            async with bench.database.transaction() as session:
                journal.write(session, "tests", order, "never")
                publish(session, "tests", bench.made("never"))
                raise ZeroDivisionError
        async with bench.database.transaction() as session:
            for number in range(12):
                journal.write(session, "tests", order, f"line {number}", thread=number, waits_for=None)
                publish(session, "tests", bench.made(f"job {number}"))
        lines = await bench.ask(
            "SELECT what, thread, waits_for FROM journal WHERE order_id = :it ORDER BY id", it=order
        )
        assert [tuple(line) for line in lines] == [
            (f"line {number}", str(number), None) for number in range(12)
        ]
        jobs = await bench.ask(
            "SELECT args->'payload'->>'text' FROM procrastinate_jobs WHERE queue_name = :queue ORDER BY id"
        )
        assert [job[0] for job in jobs] == [f"job {number}" for number in range(12)]
        await bench.ask("DELETE FROM procrastinate_jobs WHERE queue_name = :queue")

    run(test)


def test_who_has_to_see_it_earlier_writes_it_earlier_and_once(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async with bench.database.transaction() as session:
            publish(session, "tests", bench.made("early"))
            assert outgoing.anything(session)
            await outgoing.write(session)
            assert not outgoing.anything(session)
        assert len(await bench.states()) == 1
        await bench.ask("DELETE FROM procrastinate_jobs WHERE queue_name = :queue")

    run(test)


def test_a_job_that_another_has_cannot_end_with_its_transaction(run: Run) -> None:
    """It stood still, another one took the job over, and then it went on."""

    async def test(bench: Bench) -> None:
        order, began, go_on = uuid.uuid4(), asyncio.Event(), asyncio.Event()
        outcomes: list[str] = []

        async def work(_: Bench, __: object) -> None:
            first = not began.is_set()
            began.set()
            try:
                async with bench.database.transaction(ends_job=True) as session:
                    if first:
                        await go_on.wait()
                    journal.write(session, "tests", order, "done")
            except LeaseLost:
                outcomes.append("lost")
                raise
            outcomes.append("done")

        await bench.send("shared")
        worker = bench.worker(work)
        await worker.start()
        await began.wait()
        await bench.ask(
            "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM procrastinate_jobs WHERE queue_name = :queue"
        )
        await bench.until(lambda: outcomes == ["done"])
        assert await bench.states() == []
        go_on.set()
        await bench.until(lambda: outcomes == ["done", "lost"])
        await worker.stop()
        assert await bench.ask("SELECT count(*) FROM journal WHERE order_id = :it", it=order) == [(1,)]

    run(test)


def test_connections_that_the_server_closed_serve_nobody(run: Run) -> None:
    async def test(bench: Bench) -> None:
        async def own() -> int:
            async with bench.database.transaction() as session:
                return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)

        before = await own()
        assert await own() == before
        await _ended_from_outside(bench, before)
        after = await own()
        assert after != before
        assert await own() == after

    run(test)


async def _ended_from_outside(bench: Bench, backend: int) -> None:
    other = type(bench.database)(bench.url, "others")
    try:
        async with other.transaction() as session:
            await session.execute(text("SELECT pg_terminate_backend(:it, 10000)"), {"it": backend})
    finally:
        await other.close()
