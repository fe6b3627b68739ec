"""Rates from counters: whatever restarts, ends or stands still in between, nothing is made up and nothing is negative."""

from __future__ import annotations

import pytest
from devkit.resources.meter import Meter
from devkit.resources.model import Part, Reading, Sample
from hypothesis import given
from hypothesis import strategies as st

BEGAN, PERIOD = 1_000_000.0, 15.0


def reading(at: float, parts: dict[str, float | Part], **more: float) -> Reading:
    made = {name: part if isinstance(part, Part) else Part(part) for name, part in parts.items()}
    throttled, old = more.get("throttled"), more.get("old", 0.0)
    return Reading("gateway", "gateway", BEGAN + at, made, 100, throttled=throttled, old=old)


def measured(*readings: Reading) -> tuple[list[Sample], Meter]:
    meter = Meter(BEGAN, PERIOD)
    return [sample for each in readings for sample in meter.take([each], each.at)], meter


def test_the_first_look_has_no_rate_and_the_second_an_average() -> None:
    samples, _ = measured(reading(0, {"a": 50.0}), reading(4, {"a": 51.0}))
    assert [(sample.at, sample.cpu) for sample in samples] == [(0.0, None), (4.0, 0.25)]


def test_a_counter_that_begins_anew_counts_from_zero() -> None:
    samples, meter = measured(reading(0, {"a": 50.0}), reading(2, {"a": 1.0}))
    assert samples[-1].cpu == 0.5
    assert meter.restarts == {"gateway": 1}


def test_a_container_in_the_place_of_another_is_a_restart() -> None:
    samples, meter = measured(reading(0, {"uid/first": 50.0}), reading(10, {"uid/second": 2.0}))
    assert samples[-1].cpu == pytest.approx(0.2)
    assert meter.restarts == {"gateway": 1}


def test_what_ended_takes_nothing_away_and_what_was_born_is_counted_whole() -> None:
    born = Part(0.3, age=0.5)
    samples, meter = measured(
        reading(0, {"root": 1.0, "child": 40.0}), reading(1, {"root": 1.1, "new": born})
    )
    assert samples[-1].cpu == pytest.approx(0.4)
    assert meter.restarts == {}


def test_what_is_old_but_seen_for_the_first_time_brings_no_history() -> None:
    samples, _ = measured(reading(0, {"root": 1.0}), reading(1, {"root": 1.1, "old": Part(99.0, age=500)}))
    assert samples[-1].cpu == pytest.approx(0.1)


def test_the_same_figures_again_are_no_sample() -> None:
    samples, _ = measured(reading(0, {"a": 1.0}), reading(0, {"a": 1.0}), reading(10, {"a": 2.0}))
    assert [sample.cpu for sample in samples] == [None, 0.1]


def test_a_pause_is_averaged_over_not_filled_in() -> None:
    samples, _ = measured(reading(0, {"a": 0.0}), reading(1, {"a": 0.1}), reading(11, {"a": 5.1}))
    assert [sample.cpu for sample in samples[1:]] == pytest.approx([0.1, 0.5])


def test_a_source_whose_clock_is_wrong_is_placed_by_ours() -> None:
    meter = Meter(BEGAN, PERIOD)
    (sample,) = meter.take([reading(-3600, {"a": 1.0}, old=3607)], BEGAN + 7)
    assert sample.at == 7.0
    (sample,) = meter.take([reading(3600, {"a": 2.0}, old=-3590)], BEGAN + 10)
    assert sample.at == 10.0
    assert sample.cpu == pytest.approx(1 / 3)


def test_a_reading_that_the_source_took_earlier_counts_from_then() -> None:
    meter = Meter(BEGAN, PERIOD)
    (first,) = meter.take([reading(0, {"a": 0.0}, old=5)], BEGAN + 5)
    (second,) = meter.take([reading(10, {"a": 1.0}, old=10)], BEGAN + 20)
    assert (first.at, second.at, second.cpu) == (0.0, 10.0, 0.1)


@given(
    steps=st.lists(
        st.tuples(st.floats(0.1, 30), st.sampled_from([0.0, -86_400.0, -3600.0, -31.0, 31.0, 3600.0])),
        min_size=1,
        max_size=20,
    )
)
def test_a_clock_that_is_set_changes_no_rate(steps: list[tuple[float, float]]) -> None:
    """Seconds to the next look, and by how much the source's clock is set meanwhile; the service uses half a core."""
    meter = Meter(BEGAN, PERIOD)
    passed = moved = 0.0
    meter.take([reading(0, {"a": 0.0, "b": Part(7.0, age=100)})], BEGAN)
    for seconds, by in steps:
        passed, moved = passed + seconds, moved + by
        parts: dict[str, float | Part] = {"a": passed / 2, "b": Part(7.0, age=100 + passed)}
        (sample,) = meter.take([reading(passed + moved, parts)], BEGAN + passed)
        # One that is set by less than what a reading may be old cannot be told from an old reading.
        assert sample.cpu == pytest.approx(0.5, rel=1e-3)
        assert sample.at == pytest.approx(passed, abs=1e-3)


def test_instances_are_apart() -> None:
    meter = Meter(BEGAN, PERIOD)
    one = Reading("gateway", "one", BEGAN, {"a": Part(1.0)}, 1)
    two = Reading("gateway", "two", BEGAN, {"b": Part(9.0)}, 2)
    meter.take([one, two], BEGAN)
    later = [
        Reading(each.service, each.instance, BEGAN + 1, {name: Part(part.cpu + 0.5)}, each.memory)
        for each in (one, two)
        for name, part in each.parts.items()
    ]
    assert [sample.cpu for sample in meter.take(later, BEGAN + 1)] == [0.5, 0.5]


def test_throttling_is_what_came_since() -> None:
    samples, _ = measured(
        reading(0, {"a": 1.0}, throttled=5.0),
        reading(1, {"a": 1.1}, throttled=5.25),
        reading(2, {"a": 0.1}, throttled=0.5),
    )
    assert [sample.throttled for sample in samples] == [None, 0.25, 0.5]


@given(steps=st.lists(st.tuples(st.floats(0.1, 30), st.floats(0, 8), st.booleans()), min_size=1, max_size=30))
def test_all_that_was_used_is_counted_once(steps: list[tuple[float, float, bool]]) -> None:
    """Seconds and cores of each step, and whether the container began anew at its beginning."""
    at = counter = used = 0.0
    number = 0
    readings = [reading(0, {"c0": 0.0})]
    for seconds, cores, anew in steps:
        at += seconds
        used += seconds * cores
        number, counter = (number + 1, 0.0) if anew else (number, counter)
        counter += seconds * cores
        readings.append(reading(at, {f"c{number}": counter}))
    samples, meter = measured(*readings)
    rates = [sample.cpu for sample in samples[1:]]
    assert all(rate is not None and rate >= 0 for rate in rates)
    assert sum(
        rate * step[0] for rate, step in zip(rates, steps, strict=True) if rate is not None
    ) == pytest.approx(used, rel=1e-6, abs=1e-3)
    assert meter.restarts["gateway"] == sum(anew for _, _, anew in steps)
