"""Jobs at the same time, in the order of what they build on, each with a deadline that holds whatever it does."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Job", "run_jobs"]

T = TypeVar("T")


@dataclass(frozen=True)
class Job(Generic[T]):
    """`run` gets the results of the jobs named in `after` (those that are among the jobs), and must not raise.

    `deadline` in seconds, from its own start.
    """

    name: str
    run: Callable[[Mapping[str, T]], T]
    deadline: float
    after: tuple[str, ...] = ()


@dataclass
class _Running(Generic[T]):
    waiting: dict[str, Job[T]]
    results: dict[str, T] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)
    running: dict[str, Job[T]] = field(default_factory=dict)


def run_jobs(
    jobs: Sequence[Job[T]],
    *,
    late: Callable[[Job[T]], T],
    ended: Callable[[Job[T], T], None],
    at_once: int | None = None,
) -> dict[str, T]:
    """Runs the jobs and returns their results by name, in the jobs' order. `ended` hears of each as it ends.

    A job that is not done by its deadline has the result that `late` makes; its (daemon) thread is left alone.
    `at_once`: how many may run at a time; None is all of them. Raises ValueError for jobs that wait for each other.
    """
    state = _Running({job.name: job for job in jobs})
    done: queue.SimpleQueue[tuple[Job[T], T | None, BaseException | None]] = queue.SimpleQueue()

    def work(job: Job[T], given: Mapping[str, T]) -> None:
        try:
            done.put((job, job.run(given), None))
        except BaseException as problem:
            done.put((job, None, problem))

    def keep(job: Job[T], result: T) -> None:
        del state.running[job.name]
        state.results[job.name] = result
        ended(job, result)

    names = set(state.waiting)
    while state.waiting or state.running:
        for job in _startable(state, names, at_once):
            del state.waiting[job.name]
            state.running[job.name] = job
            state.began[job.name] = time.monotonic()
            given = {name: state.results[name] for name in job.after if name in names}
            threading.Thread(target=work, args=(job, given), name=job.name, daemon=True).start()
        if not state.running:
            raise ValueError(f"these wait for each other: {', '.join(state.waiting)}")
        try:
            job, result, problem = done.get(timeout=_until_the_next(state))
        except queue.Empty:
            now = time.monotonic()
            for job in list(state.running.values()):
                if now >= state.began[job.name] + job.deadline:
                    keep(job, late(job))
            continue
        if job.name in state.running:  # else it was late
            if problem is not None:
                raise problem
            keep(job, result)  # type: ignore[arg-type]
    return {job.name: state.results[job.name] for job in jobs}


def _startable(state: _Running[T], names: Iterable[str], at_once: int | None) -> list[Job[T]]:
    free = len(state.waiting) if at_once is None else at_once - len(state.running)
    ready = (
        job
        for job in state.waiting.values()
        if all(name in state.results for name in job.after if name in names)
    )
    return [job for job, _ in zip(ready, range(max(0, free)), strict=False)]


def _until_the_next(state: _Running[T]) -> float:
    """Seconds to the next deadline."""
    next_one = min(state.began[job.name] + job.deadline for job in state.running.values())
    return max(0.0, next_one - time.monotonic())
