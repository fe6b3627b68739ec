"""Who has a job: it is handed back, taken over or concluded, and of two who have it one at most commits."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from common import worker as worker_module
from common.jobs import publish
from common.leases import LeaseLost, conclude

from tests.support.job_bench import Bench, Note, Run
from tests.support.storage import Postgres


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
