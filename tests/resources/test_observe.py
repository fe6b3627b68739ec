"""The loop: gaps, failures, what is late, and Ctrl-C, with a source of the test's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from devkit.base.errors import DevkitError
from devkit.resources.model import Observation, Part, Reading
from devkit.resources.observe import Progress, observe
from devkit.resources.plan import Plan
from devkit.resources.sources.protocol import Look

from tests.support.polling import PATIENCE

ENDLESS = Plan((("idle", 0.1), ("load", 100_000.0), ("settle", 0.1)), 0, 0.0, 0.02)
PLAN = Plan((("idle", 0.1), ("load", 0.3), ("settle", 0.1)), 0, 0.0, 0.02)


class Scripted:
    """Looks as the script says: a number is CPU seconds so far."""

    name = "script"
    period = PATIENCE  # so long may what it says be old

    def __init__(self, step: Callable[[int], Look], hangs_at: int = 0) -> None:
        self.step = step
        self.hangs_at = hangs_at
        self.looks = 0
        self.deadline = PATIENCE

    def look(self) -> Look:
        self.looks += 1
        # Of the next look: one that nobody misses, but for the one that hangs.
        self.deadline = 0.2 if self.looks + 1 == self.hangs_at else PATIENCE
        return self.step(self.looks)


def there(*services: str, clock: float = 0.0) -> Look:
    """What has used a core from the beginning, at this time, by a clock that is so far ahead."""
    now = time.monotonic()
    return Look(
        tuple(Reading(name, name, now + clock, {name: Part(now)}, 100) for name in services),
        {name: "has no pod" for name in ("api", "page") if name not in services},
    )


def run(source: Scripted, plan: Plan = PLAN, progress: Progress = lambda *_: None) -> Observation:
    return observe(source, plan, None, engine="local", services=("api", "page"), progress=progress)


def test_phases_and_samples() -> None:
    source = Scripted(lambda _: there("api"))
    found = run(source)
    assert [phase.name for phase in found.phases] == ["idle", "load", "settle"]
    assert [a.end <= b.begin for a, b in zip(found.phases, found.phases[1:], strict=False)] == [True, True]
    assert len(found.samples) == source.looks > len(found.phases)
    rates = [sample.cpu for sample in found.samples if sample.cpu is not None]
    assert rates == pytest.approx([1.0] * len(rates), rel=0.01)
    assert (found.absent, found.missed, found.interrupted) == ({"page": "has no pod"}, {}, False)


@pytest.mark.parametrize("by", [-3600, 3600])
def test_a_clock_that_is_set_meanwhile_loses_nothing(by: float, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    source = Scripted(lambda number: there("api", clock=by if number > 5 else 0))
    monkeypatch.setattr(time, "time", lambda: real() + (by if source.looks > 5 else 0))
    found = run(source)
    assert len(found.samples) == source.looks > 8
    places = [sample.at for sample in found.samples]
    assert places == sorted(places)
    assert 0 <= places[0] <= places[-1] <= found.phases[-1].end + 0.001
    # An hour in place of the time between two looks would make almost nothing of it, or less than that.
    assert all(sample.cpu is None or sample.cpu > 1e-4 for sample in found.samples)


def test_what_goes_away_meanwhile_is_missed_not_absent() -> None:
    source = Scripted(lambda number: there("api", "page") if number < 3 else there("api"))
    found = run(source)
    assert found.absent == {}
    assert found.missed["page"] == source.looks - 2
    assert "api" not in found.missed


def test_one_look_that_fails_is_a_gap() -> None:
    def step(number: int) -> Look:
        if number == 3:
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
        run(Scripted(lambda number: there("api") if number < 4 else broken(number)), ENDLESS)


def test_a_look_that_hangs_holds_nothing_up() -> None:
    asleep = threading.Event()

    def step(number: int) -> Look:
        if number == 3:
            asleep.wait()
        return there("api")

    found = run(Scripted(step, hangs_at=3))
    asleep.set()
    assert found.missed["api"] == 1


def test_ctrl_c_gives_what_there_is() -> None:
    def progress(phase: str, *_: object) -> None:
        if phase == "load":
            raise KeyboardInterrupt  # as Ctrl-C does, wherever it meets Python

    found = run(Scripted(lambda _: there("api")), ENDLESS, progress)
    assert found.interrupted
    assert [phase.name for phase in found.phases] == ["idle", "load"]
    assert found.samples
