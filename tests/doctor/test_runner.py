"""Whatever a check does, there is a report, in time, with one finding for one cause."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.doctor.catalogue import all_checks, chosen, early_checks
from devkit.doctor.machine import Machine
from devkit.doctor.model import Check, NotNeeded, Outcome, Problem, Problems, note, warning
from devkit.doctor.runner import run_checks

from tests.support.platform import ROOT
from tests.support.polling import PATIENCE

MACHINE = Machine(Path(ROOT), "tilt", environ={})


def check(
    id: str, run: Callable[[Machine], str], after: tuple[str, ...] = (), deadline: float = PATIENCE
) -> Check:
    return Check(id, f"about {id}", run, after, deadline=deadline)


def raising(problem: BaseException) -> Callable[[Machine], str]:
    def run(_: Machine) -> str:
        raise problem

    return run


def outcomes(*checks: Check) -> dict[str, Outcome]:
    return {outcome.check.id: outcome for outcome in run_checks(MACHINE, checks)}


def test_what_is_seen() -> None:
    (found,) = run_checks(MACHINE, [check("a.b", lambda machine: machine.engine)])
    assert (found.seen, found.problems, found.skipped, found.holds) == ("tilt", (), None, True)


@pytest.mark.parametrize(
    "mistake",
    [ValueError("odd"), KeyError("x"), SystemExit(3), KeyboardInterrupt(), RecursionError("deep"), MemoryError(), OSError()],
)  # fmt: skip
def test_a_check_that_is_broken_is_a_warning(mistake: BaseException) -> None:
    (found,) = run_checks(MACHINE, [check("a.b", raising(mistake))])
    (problem,) = found.problems
    assert problem.message.startswith("not known: ")
    assert type(mistake).__name__ in problem.message
    assert problem.as_finding("a.b").severity.value == "warning"


def test_problems() -> None:
    found = outcomes(
        check("a.one", raising(Problem("is wrong", "mend it", part="x"))),
        check("a.many", raising(Problems([Problem("first"), warning("second")]))),
        check("a.error", raising(DevkitError("refused", hint="ask"))),
    )
    assert found["a.one"].problems[0].as_finding("a.one").id == "a.one.x"
    assert [p.message for p in found["a.many"].problems] == ["first", "second"]
    assert (found["a.error"].problems[0].message, found["a.error"].problems[0].mend) == ("refused", "ask")


def test_one_cause_is_one_finding() -> None:
    found = outcomes(
        check("a.root", raising(Problem("is off"))),
        check("a.child", lambda _: "seen", after=("a.root",)),
        check("a.grandchild", lambda _: "seen", after=("a.child",)),
    )
    assert found["a.child"].skipped == "not checked because a.root failed"
    assert found["a.grandchild"].skipped == "not checked because a.root failed"
    assert not found["a.child"].problems


def test_what_builds_on_a_warning_is_checked() -> None:
    found = outcomes(
        check("a.root", raising(Problems([warning("hm"), note("oh")]))),
        check("a.child", lambda _: "seen", ("a.root",)),
    )
    assert found["a.child"].seen == "seen"


def test_what_builds_on_something_needless_is_needless() -> None:
    found = outcomes(
        check("a.root", raising(NotNeeded("there is none"))), check("a.child", lambda _: "seen", ("a.root",))
    )
    assert (found["a.child"].skipped, found["a.child"].needless) == ("there is none", True)


def test_one_that_hangs_is_told_at_its_deadline() -> None:
    release = threading.Event()
    found = outcomes(
        check("a.hangs", lambda _: str(release.wait()), deadline=0.3),
        check("a.child", lambda _: "", ("a.hangs",)),
    )
    release.set()
    assert found["a.hangs"].problems[0].message == "not known: it did not end within 0.3 s"
    assert found["a.child"].skipped == "not checked because a.hangs failed"


def test_as_fast_as_the_slowest() -> None:
    """Thirty checks that each wait for all others to have begun, behind one that is slow: nothing runs after another."""
    together = threading.Barrier(30, timeout=PATIENCE)
    checks = [check(f"a.c{n}", lambda _: str(together.wait() >= 0)) for n in range(30)]
    assert all(outcome.seen == "True" for outcome in run_checks(MACHINE, checks))


def test_a_fact_is_asked_once_by_many() -> None:
    asked: list[int] = []

    def look(_: Machine) -> int:
        time.sleep(0.05)
        asked.append(1)
        return len(asked)

    machine = Machine(Path(ROOT), "tilt", environ={})
    checks = [check(f"a.c{n}", lambda machine: str(machine.fact(look))) for n in range(10)]
    assert {outcome.seen for outcome in run_checks(machine, checks)} == {"1"}
    machine.forget()
    assert machine.fact(look) == 2


def test_a_facts_problem_is_everybodys() -> None:
    asked: list[int] = []

    def look(_: Machine) -> int:
        asked.append(1)
        raise Problem("is not there")

    machine = Machine(Path(ROOT), "tilt", environ={})
    checks = [check(f"a.c{n}", lambda machine: str(machine.fact(look))) for n in range(3)]
    assert [outcome.problems[0].message for outcome in run_checks(machine, checks)] == ["is not there"] * 3
    assert len(asked) == 1


def test_the_catalogue() -> None:
    """Every check says what it asks for, builds on checks that there are, and none waits for itself."""
    checks = all_checks(Path(ROOT))
    ids = [check.id for check in checks]
    assert len(ids) == len(set(ids))
    assert len([id for id in ids if not id.startswith("dev.")]) >= 40
    for each in checks:
        assert set(each.after) <= set(ids), f"{each.id} builds on {set(each.after) - set(ids)}"
        assert each.engine in (None, "tilt", "local"), each.id
        assert 0 < each.deadline <= 30, each.id
        assert 10 < len(each.about) < 110, f"{each.id}: {each.about}"
    quick = [Check(c.id, c.about, lambda _: "", c.after) for c in checks]
    assert all(outcome.holds for outcome in run_checks(MACHINE, quick)), "some wait for each other"


def test_what_is_asked_early_builds_on_nothing_slow() -> None:
    for engine in ("tilt", "local"):
        early = early_checks(engine)
        assert early
        assert all(check.early for check in early), [check.id for check in early if not check.early]


def test_some_checks_bring_what_they_build_on() -> None:
    checks = [
        check("a.root", lambda _: ""), check("a.child", lambda _: "", ("a.root",)), check("b.other", lambda _: "")
    ]  # fmt: skip
    run, wanted = chosen(checks, ["a.child"], [])
    assert ([c.id for c in run], wanted) == (["a.root", "a.child"], {"a.child"})
    run, wanted = chosen(checks, ["a"], ["a.root"])
    assert ([c.id for c in run], wanted) == (["a.child"], {"a.child"})
    with pytest.raises(DevkitError, match=r"no check 'a.chil'; did you mean 'a.child'\?"):
        chosen(checks, ["a.chil"], [])
