"""Runs checks: all that only look at once, each with its deadline; then, one after the other, those that change something."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from devkit.base.errors import DevkitError
from devkit.base.schedule import Job, run_jobs
from devkit.checks.check import Check, Outcome
from devkit.checks.problem import NotRecorded, Problem, Problems, Skipped
from devkit.findings.model import Severity

__all__ = ["run_checks"]

S = TypeVar("S")


def run_checks(
    subject: S,
    checks: Sequence[Check[S]],
    *,
    command: str,
    on_result: Callable[[Outcome], None] = lambda _: None,
    excused: Callable[[Check[S]], str | None] = lambda _: None,
    clean: Callable[[str], str] = str,
    broken: Severity = Severity.WARNING,
    at_once: int | None = None,
) -> list[Outcome]:
    """What came of the checks, in their order; nothing that a check does is raised, but for an interrupt of a serial one.

    `command` is how a person asks one alone (`doctor`). `on_result` hears of each as it ends. `excused` says why a check has
    no subject here. `clean` takes secrets out of every text. `broken` is how bad it is when a check itself breaks.
    `at_once`: how many may run beside each other; None is all of them.

    Raises ValueError for checks that wait for each other.
    """
    run = _Run(subject, command, excused, clean, broken)
    outcomes: dict[str, Outcome] = {}

    def done(outcome: Outcome) -> None:
        outcomes[outcome.check.id] = outcome
        on_result(outcome)

    together = [check for check in checks if not check.serial]
    by_id = {check.id: check for check in together}
    jobs = [Job(check.id, partial(run.beside, check), check.deadline, check.after) for check in together]
    run_jobs(
        jobs,
        late=lambda job: run.late(by_id[job.name]),
        ended=lambda _, outcome: done(outcome),
        at_once=at_once,
    )
    for check in checks:
        if check.serial:
            done(run.alone(check, {id: outcomes[id] for id in check.after if id in outcomes}))
    return [outcomes[check.id] for check in checks]


class _Run(Generic[S]):
    """One run over a subject."""

    def __init__(
        self,
        subject: S,
        command: str,
        excused: Callable[[Check[S]], str | None],
        clean: Callable[[str], str],
        broken: Severity,
    ) -> None:
        self._subject, self._command = subject, command
        self._excused, self._clean, self._broken = excused, clean, broken

    def beside(self, check: Check[S], before: Mapping[str, Outcome]) -> Outcome:
        """One that only looks, in a thread of its own."""
        started = time.monotonic()
        try:
            return self.alone(check, before)
        except BaseException as mistake:  # not even a check that ends the process does
            return self._ended(check, started, problems=[self._mistake(check, mistake)])

    def alone(self, check: Check[S], before: Mapping[str, Outcome]) -> Outcome:
        for earlier in before.values():
            if not earlier.passed:
                return Outcome(check, "", 0.0, skipped=_because(earlier), needless=earlier.needless)
        started = time.monotonic()
        ended = partial(self._ended, check, started)
        try:
            if reason := self._excused(check):
                return ended(skipped=reason, needless=True)
            return ended(check.run(self._subject))
        except Skipped as reason:
            return ended(skipped=str(reason), needless=True)
        except NotRecorded as reason:
            return ended(skipped=str(reason))
        except Problem as problem:
            return ended(problem.seen, [problem])
        except Problems as found:
            return ended(problems=found.problems)
        except DevkitError as error:
            return ended(problems=[Problem(error.message, error.fix)])
        except (Exception, SystemExit) as mistake:
            return ended(problems=[self._mistake(check, mistake)])

    def late(self, check: Check[S]) -> Outcome:
        problem = Problem(f"not known: it did not end within {check.deadline:g} s", self._again(check))
        return Outcome(check, "", check.deadline, (_with_fix(check, problem),))

    def _mistake(self, check: Check[S], mistake: BaseException) -> Problem:
        text = " ".join(str(mistake).split())[:200] or "no more is known"
        said = f"{text} ({type(mistake).__name__})"
        unknown = self._broken is not Severity.ERROR
        return Problem(f"not known: {said}" if unknown else said, self._again(check), severity=self._broken)

    def _again(self, check: Check[S]) -> str | None:
        return None if check.fix else f"./devkit {self._command} --only {check.id} runs it alone"

    def _ended(
        self,
        check: Check[S],
        started: float,
        seen: str = "",
        problems: Sequence[Problem] = (),
        skipped: str | None = None,
        *,
        needless: bool = False,
    ) -> Outcome:
        return Outcome(
            check,
            self._clean(seen),
            time.monotonic() - started,
            tuple(_with_fix(check, problem).cleaned(self._clean) for problem in problems),
            self._clean(skipped) if skipped is not None else None,
            needless,
        )


def _with_fix(check: Check[S], problem: Problem) -> Problem:
    """The check's fix, where the problem names none."""
    if problem.advice or not check.fix:
        return problem
    if isinstance(check.fix, str):
        return problem.changed(advice=check.fix)
    return problem.changed(advice=check.fix.command, fix=check.fix)


def _because(earlier: Outcome) -> str:
    if earlier.skipped is not None:
        return earlier.skipped
    return f"not checked because {earlier.check.id} failed"
