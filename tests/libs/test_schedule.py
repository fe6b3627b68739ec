"""Work at set times, on a real Postgres: once, however many replicas there are, and also when nobody was there at its time."""

from __future__ import annotations

from collections.abc import Mapping

from common.jobs import Handler, handles
from common.worker import JobWorker

from tests.support.job_bench import Bench, Note, Run

EVERY_SECOND, AT_MIDNIGHT = "* * * * * *", "0 0 * * *"
STATES = "SELECT state, sender, cause, since IS NOT NULL FROM operations.jobs WHERE queue = :queue"


def scheduled(bench: Bench, cron: str, *, fails: bool = False) -> JobWorker[Bench]:
    """A worker that remembers which times it was called for."""

    async def due(_: Bench, payload: Mapping[str, object]) -> None:
        bench.done.append(str(payload["due"]))
        if fails:
            raise RuntimeError

    return JobWorker(bench.queue, bench.url, bench, [Handler("tidy", due, cron), handles(Note, bench.note)])


def test_replicas_do_it_once_each_time(run: Run) -> None:
    async def test(bench: Bench) -> None:
        workers = [scheduled(bench, EVERY_SECOND) for _ in range(3)]
        for worker in workers:
            await worker.start()
        await bench.until(lambda: len(bench.done) >= 3)
        for worker in workers:
            await worker.stop()
        assert sorted(set(bench.done)) == sorted(bench.done)

    run(test)


def test_what_nobody_did_at_its_time_is_done_once_by_who_comes_later(run: Run) -> None:
    async def test(bench: Bench) -> None:
        for note in ("first", "second"):
            worker = scheduled(bench, AT_MIDNIGHT)
            await worker.start()
            await bench.send(note)
            await bench.until(lambda: len(bench.done) > 1 and note in bench.done)  # noqa: B023
            await bench.until_empty()
            await worker.stop()
        assert sorted(bench.done)[1:] == ["first", "second"]

    run(test)


def test_operators_see_what_fails_and_the_next_time_takes_its_place(run: Run) -> None:
    async def test(bench: Bench) -> None:
        failing = scheduled(bench, AT_MIDNIGHT, fails=True)
        await failing.start()
        await bench.until(lambda: bench.done != [])
        await failing.stop()
        [(state, *told)] = await bench.ask(STATES)
        assert (state in ("retrying", "waiting"), told) == (True, [bench.queue, "the schedule", True])
        await bench.ask("UPDATE procrastinate_jobs SET status = 'failed' WHERE queue_name = :queue")
        assert [state for state, *_ in await bench.ask(STATES)] == ["dead"]
        worker = scheduled(bench, EVERY_SECOND)
        await worker.start()
        await bench.until(lambda: len(bench.done) > 2)
        await bench.until_empty()
        await worker.stop()

    run(test)
