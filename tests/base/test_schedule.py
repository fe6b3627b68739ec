"""Jobs run at once, in their order, and none holds the others up."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pytest
from devkit.base.schedule import Job, run_jobs

from tests.support.polling import PATIENCE


def job(name: str, seconds: float = 0.0, after: tuple[str, ...] = (), deadline: float = PATIENCE) -> Job[str]:
    def run(before: Mapping[str, str]) -> str:
        time.sleep(seconds)
        return f"{name}({', '.join(f'{k}={v}' for k, v in before.items())})"

    return Job(name, run, deadline, after)


def run(jobs: list[Job[str]], at_once: int | None = None) -> tuple[dict[str, str], list[str]]:
    order: list[str] = []
    results = run_jobs(
        jobs,
        late=lambda job: f"{job.name} is late",
        ended=lambda job, _: order.append(job.name),
        at_once=at_once,
    )
    return results, order


def test_each_gets_what_it_builds_on() -> None:
    results, order = run([job("c", after=("b", "a")), job("b", after=("a",)), job("a")])
    assert list(results) == ["c", "b", "a"]
    assert order == ["a", "b", "c"]
    assert results["c"] == "c(b=b(a=a()), a=a())"


def test_what_is_not_among_the_jobs_is_not_waited_for() -> None:
    assert run([job("b", after=("a",))])[0] == {"b": "b()"}


def test_all_at_once() -> None:
    """Fifty that wait for each other's beginning: only with all of them running does any end."""
    together = threading.Barrier(50, timeout=PATIENCE)
    jobs = [Job(str(n), lambda _: str(together.wait() >= 0), PATIENCE) for n in range(50)]
    assert set(run(jobs)[0].values()) == {"True"}


def test_some_at_once() -> None:
    running, most = [0], [0]
    lock, together = threading.Lock(), threading.Barrier(3, timeout=PATIENCE)

    def work(_: Mapping[str, str]) -> str:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait()
        with lock:
            running[0] -= 1
        return ""

    run([Job(str(n), work, PATIENCE) for n in range(12)], at_once=3)
    assert most[0] == 3


def test_one_that_hangs_is_late_and_what_builds_on_it_goes_on() -> None:
    release = threading.Event()
    hanging = Job[str]("hangs", lambda _: str(release.wait()), 0.2)
    results, _ = run([hanging, job("quick"), job("child", after=("hangs",))], at_once=1)
    release.set()
    assert results == {"hangs": "hangs is late", "quick": "quick()", "child": "child(hangs=hangs is late)"}


def test_circles_are_refused() -> None:
    with pytest.raises(ValueError, match="wait for each other: a, b"):
        run([job("a", after=("b",)), job("b", after=("a",)), job("c")])


def test_a_mistake_of_a_job_is_raised() -> None:
    def broken(_: Mapping[str, str]) -> str:
        raise LookupError("is broken")

    with pytest.raises(LookupError, match="is broken"):
        run([Job("a", broken, PATIENCE)])


def test_none() -> None:
    assert run([]) == ({}, [])
