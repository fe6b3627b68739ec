"""The loop: gaps, failures, what is late, and Ctrl-C, with a source of the test's own."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable

import pytest
from devkit.base.errors import DevkitError
from devkit.resources.model import Observation, Part, Reading
from devkit.resources.observe import observe
from devkit.resources.plan import Plan
from devkit.resources.sources.protocol import Look

PLAN = Plan((("idle", 0.1), ("load", 0.3), ("settle", 0.1)), 0, 0.0, 0.02)


class Scripted:
    """Looks as the script says: a number is CPU seconds so far."""

    name = "script"
    period = 0.02
    deadline = 0.2

    def __init__(self, step: Callable[[int], Look]) -> None:
        self.step = step
        self.looks = 0

    def look(self) -> Look:
        self.looks += 1
        return self.step(self.looks)


def there(*services: str) -> Look:
    now = time.time()
    return Look(
        tuple(Reading(name, name, now, {name: Part(now % 1000)}, 100) for name in services),
        {name: "has no pod" for name in ("api", "page") if name not in services},
    )


def run(source: Scripted, plan: Plan = PLAN) -> Observation:
    return observe(source, plan, None, engine="local", services=("api", "page"), progress=lambda *_: None)


def test_phases_and_samples() -> None:
    found = run(Scripted(lambda _: there("api")))
    assert [phase.name for phase in found.phases] == ["idle", "load", "settle"]
    assert [a.end <= b.begin for a, b in zip(found.phases, found.phases[1:], strict=False)] == [True, True]
    assert len(found.samples) > 10
    rates = [sample.cpu for sample in found.samples if sample.cpu is not None]
    assert rates == pytest.approx([1.0] * len(rates), rel=0.01)
    assert (found.absent, found.missed, found.interrupted) == ({"page": "has no pod"}, {}, False)


def test_what_goes_away_meanwhile_is_missed_not_absent() -> None:
    found = run(Scripted(lambda number: there("api", "page") if number < 5 else there("api")))
    assert found.absent == {}
    assert found.missed["page"] > 3
    assert "api" not in found.missed


def test_one_look_that_fails_is_a_gap() -> None:
    def step(number: int) -> Look:
        if number == 4:
            raise DevkitError("no answer")
        return there("api")

    found = run(Scripted(step))
    assert found.missed["api"] == 1
    assert all(sample.cpu is None or sample.cpu >= 0 for sample in found.samples)


def test_the_first_failure_or_many_in_a_row_are_an_error() -> None:
    def broken(number: int) -> Look:
        raise DevkitError("Docker did not answer")

    source = Scripted(broken)
    with pytest.raises(DevkitError, match="Docker did not answer"):
        run(source)
    assert source.looks == 1
    with pytest.raises(DevkitError, match="Docker did not answer"):
        run(Scripted(lambda number: there("api") if number < 4 else broken(number)))


def test_a_look_that_hangs_holds_nothing_up() -> None:
    asleep = threading.Event()

    def step(number: int) -> Look:
        if number == 3:
            asleep.wait(60)
        return there("api")

    began = time.monotonic()
    found = run(Scripted(step))
    asleep.set()
    assert time.monotonic() - began < 30
    assert found.missed["api"] == 1


def test_ctrl_c_gives_what_there_is() -> None:
    plan = Plan((("idle", 0.1), ("load", 60.0), ("settle", 60.0)), 0, 0.0, 0.02)
    timer = threading.Timer(0.5, _thread.interrupt_main)
    timer.start()
    found = run(Scripted(lambda _: there("api")), plan)
    timer.join()
    assert found.interrupted
    assert [phase.name for phase in found.phases] == ["idle", "load"]
    assert found.phases[-1].end < 10
    assert found.samples
