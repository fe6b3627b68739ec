"""Whatever a check does, there is a report, in time, with one finding for one cause."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from devkit.base.errors import DevkitError
from devkit.checks import Check, Fix, Outcome, Problem, Problems, Skipped, note, warning
from devkit.checks.problem import NotRecorded
from devkit.checks.runner import run_checks
from devkit.checks.selection import select, with_what_they_need
from devkit.findings.model import Severity
from devkit.findings.report import Result

from tests.support.polling import PATIENCE

Run = Callable[[str], str]


def declared(
    id: str, run: Run, after: tuple[str, ...] = (), deadline: float = PATIENCE, **more: Any
) -> Check[str]:
    return Check(id=id, about=f"about {id}", run=run, after=after, deadline=deadline, **more)


def raising(problem: BaseException) -> Run:
    def run(_: str) -> str:
        raise problem

    return run


def run_all(*checks: Check[str], **options: Any) -> dict[str, Outcome]:
    return {outcome.check.id: outcome for outcome in run_checks("it", checks, command="look", **options)}


def test_what_is_seen() -> None:
    found = run_all(declared("a.b", lambda subject: f"seen of {subject}"))["a.b"]
    assert (found.seen, found.problems, found.skipped, found.passed) == ("seen of it", (), None, True)


@pytest.mark.parametrize(
    "mistake",
    [ValueError("odd"), KeyError("x"), SystemExit(3), KeyboardInterrupt(), RecursionError("deep"), MemoryError(), OSError()],
)  # fmt: skip
def test_a_check_that_is_broken_is_a_warning(mistake: BaseException) -> None:
    (problem,) = run_all(declared("a.b", raising(mistake)))["a.b"].problems
    assert problem.message.startswith("not known: ")
    assert type(mistake).__name__ in problem.message
    assert problem.as_finding("a.b").severity is Severity.WARNING
    assert problem.advice == "./devkit look --only a.b runs it alone"


def test_a_broken_one_can_be_an_error_and_says_so_without_doubt() -> None:
    (problem,) = run_all(declared("a.b", raising(ValueError("odd"))), broken=Severity.ERROR)["a.b"].problems
    assert (problem.message, problem.severity) == ("odd (ValueError)", Severity.ERROR)


def test_problems() -> None:
    found = run_all(
        declared("a.one", raising(Problem("is wrong", "repair it", part="x"))),
        declared("a.many", raising(Problems([Problem("first"), warning("second")]))),
        declared("a.error", raising(DevkitError("refused", fix="ask"))),
        declared("a.bare", raising(Problem("is wrong")), fix="look at the logs"),
    )
    assert found["a.one"].problems[0].as_finding("a.one").id == "a.one.x"
    assert [p.message for p in found["a.many"].problems] == ["first", "second"]
    assert (found["a.error"].problems[0].message, found["a.error"].problems[0].advice) == ("refused", "ask")
    assert found["a.bare"].problems[0].advice == "look at the logs"


def test_one_cause_is_one_finding() -> None:
    found = run_all(
        declared("a.root", raising(Problem("is off"))),
        declared("a.child", lambda _: "seen", after=("a.root",)),
        declared("a.grandchild", lambda _: "seen", after=("a.child",)),
        declared("a.change", lambda _: "seen", after=("a.root",), serial=True),
    )
    for id in ("a.child", "a.grandchild", "a.change"):
        assert found[id].skipped == "not checked because a.root failed"
        assert not found[id].problems


def test_what_builds_on_a_warning_is_checked() -> None:
    found = run_all(
        declared("a.root", raising(Problems([warning("hm"), note("oh")]))),
        declared("a.child", lambda _: "seen", ("a.root",)),
    )
    assert found["a.root"].result is Result.WARNED
    assert found["a.child"].seen == "seen"


def test_what_builds_on_something_needless_is_needless() -> None:
    found = run_all(
        declared("a.root", raising(Skipped("there is none"))),
        declared("a.child", lambda _: "seen", ("a.root",)),
    )
    assert (found["a.child"].skipped, found["a.child"].needless) == ("there is none", True)


def test_what_is_not_recorded_is_neither_wrong_nor_needless() -> None:
    found = run_all(
        declared("a.root", raising(NotRecorded("docker /version"))),
        declared("a.child", lambda _: "seen", ("a.root",)),
    )
    for outcome in found.values():
        assert (outcome.skipped, outcome.needless) == ("not recorded: docker /version", False)


def test_one_that_hangs_is_told_at_its_deadline() -> None:
    release = threading.Event()
    found = run_all(
        declared("a.hangs", lambda _: str(release.wait()), deadline=0.3),
        declared("a.child", lambda _: "", ("a.hangs",)),
    )
    release.set()
    assert found["a.hangs"].problems[0].message == "not known: it did not end within 0.3 s"
    assert found["a.child"].skipped == "not checked because a.hangs failed"


def test_all_that_only_look_run_at_once() -> None:
    """Thirty checks that each wait for all others to have begun."""
    together = threading.Barrier(30, timeout=PATIENCE)
    found = run_all(*(declared(f"a.c{n}", lambda _: str(together.wait() >= 0)) for n in range(30)))
    assert all(outcome.seen == "True" for outcome in found.values())


def test_serial_ones_run_alone_after_the_others_in_their_order() -> None:
    ran: list[str] = []
    threads: set[str] = set()

    def noting(name: str) -> Run:
        def run(_: str) -> str:
            ran.append(name)
            threads.add(threading.current_thread().name)
            return name

        return run

    found = run_all(
        declared("s.one", noting("one"), serial=True),
        declared("p.look", noting("look")),
        declared("s.two", noting("two"), serial=True),
    )
    assert ran == ["look", "one", "two"]
    assert list(found) == ["s.one", "p.look", "s.two"]
    assert threading.current_thread().name in threads


def test_an_interrupt_of_a_serial_one_is_the_persons() -> None:
    with pytest.raises(KeyboardInterrupt):
        run_all(declared("s.one", raising(KeyboardInterrupt()), serial=True))


def test_one_without_a_subject_is_excused() -> None:
    found = run_all(
        declared("a.b", raising(Problem("never asked"))), excused=lambda check: f"{check.id} is off"
    )
    assert (found["a.b"].skipped, found["a.b"].needless) == ("a.b is off", True)


def test_no_text_holds_a_secret() -> None:
    def clean(text: str) -> str:
        return text.replace("hunter2", "•••")

    fix = Fix("set hunter2", lambda _: None, "hunter2 is gone")
    found = run_all(
        declared("a.seen", lambda _: "it is hunter2"),
        declared("a.bad", raising(Problem("hunter2 is weak", fix=fix, seen="hunter2"))),
        declared("a.none", raising(Skipped("no hunter2 here"))),
        declared("a.broken", raising(ValueError("hunter2"))),
        clean=clean,
    )
    assert "hunter2" not in repr([(o.seen, o.skipped, o.detail) for o in found.values()])
    assert "hunter2" not in repr([(p.message, p.fix, p.seen) for o in found.values() for p in o.problems])
    assert found["a.bad"].problems[0].fix is not None
    assert found["a.bad"].problems[0].fix.apply is fix.apply


def test_some_checks_bring_what_they_build_on() -> None:
    checks = [
        declared("a.root", lambda _: ""), declared("a.child", lambda _: "", ("a.root",)), declared("b.other", lambda _: "")
    ]  # fmt: skip
    wanted = select(checks, ["a.child"], [], "look")
    assert [c.id for c in wanted] == ["a.child"]
    assert [c.id for c in with_what_they_need(checks, wanted)] == ["a.root", "a.child"]
    wanted = select(checks, ["a"], ["a.root"], "look")
    assert [c.id for c in with_what_they_need(checks, wanted, ["a.root"])] == ["a.child"]
    with pytest.raises(DevkitError, match=r"no check 'a.chil'; did you mean 'a.child'\?"):
        select(checks, ["a.chil"], [], "look")
