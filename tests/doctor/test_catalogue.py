"""doctor's checks as a set, and the facts that they share."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from devkit.checks import Check, Problem
from devkit.doctor.catalogue import all_checks, early_checks
from devkit.doctor.look import look
from devkit.doctor.machine import Machine
from devkit.doctor.record import Environ

from tests.support.platform import ROOT


def machine() -> Machine:
    return Machine(Path(ROOT), "tilt", environ=Environ({}))


def test_the_catalogue() -> None:
    """Every check says what it asks for, builds on checks that there are, and none waits for itself."""
    checks = all_checks(Path(ROOT))
    assert len([check for check in checks if not check.id.startswith("dev.")]) >= 40
    for each in checks:
        assert each.deadline <= 30, each.id
        assert 10 < len(each.about) < 110, f"{each.id}: {each.about}"
        assert not each.serial, each.id
    quick = [replace(each, run=lambda _: "") for each in checks]
    assert all(outcome.passed for outcome in look(machine(), quick)), "some wait for each other"


def test_what_is_asked_early_builds_on_nothing_slow() -> None:
    for engine in ("tilt", "local"):
        early = early_checks(engine)
        assert early
        assert all(check.early for check in early), [check.id for check in early if not check.early]


def test_a_fact_is_asked_once_by_many() -> None:
    asked: list[int] = []

    def count(_: Machine) -> int:
        time.sleep(0.05)
        asked.append(1)
        return len(asked)

    here = machine()
    checks: list[Check[Machine]] = [
        Check(id=f"a.c{n}", about="about it", run=lambda machine: str(machine.fact(count))) for n in range(10)
    ]
    assert {outcome.seen for outcome in look(here, checks)} == {"1"}
    here.forget()
    assert here.fact(count) == 2


def test_a_facts_problem_is_everybodys() -> None:
    asked: list[int] = []

    def missing(_: Machine) -> int:
        asked.append(1)
        raise Problem("is not there")

    checks: list[Check[Machine]] = [
        Check(id=f"a.c{n}", about="about it", run=lambda machine: str(machine.fact(missing)))
        for n in range(3)
    ]
    assert [outcome.problems[0].message for outcome in look(machine(), checks)] == ["is not there"] * 3
    assert len(asked) == 1
