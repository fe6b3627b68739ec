"""Runs checks: all at once, each with its deadline, those that build on others after them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from devkit.base.errors import DevkitError
from devkit.base.schedule import Job, run_jobs
from devkit.doctor.machine import Machine
from devkit.doctor.model import Check, NotNeeded, Outcome, Problem, Problems, warning

__all__ = ["run_checks"]


def run_checks(
    machine: Machine, checks: Sequence[Check], tell: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """What came of the checks, in their order. `tell` hears of each as it ends. Nothing that a check does is raised."""
    jobs = [Job(check.id, partial(_run, machine, check), check.deadline, check.after) for check in checks]
    by_id = {check.id: check for check in checks}

    def late(job: Job[Outcome]) -> Outcome:
        problem = Problem(f"not known: it did not end within {job.deadline:g} s", _again(job.name))
        return Outcome(by_id[job.name], "", job.deadline, (problem,))

    return list(run_jobs(jobs, late=late, ended=lambda _, outcome: tell(outcome)).values())


def _run(machine: Machine, check: Check, before: Mapping[str, Outcome]) -> Outcome:
    for earlier in before.values():
        if not earlier.holds:
            return Outcome(check, "", 0.0, skipped=_because(earlier), needless=earlier.needless)
    started = time.monotonic()

    def ended(
        seen: str = "",
        problems: Sequence[Problem] = (),
        skipped: str | None = None,
        *,
        needless: bool = False,
    ) -> Outcome:
        return Outcome(check, seen, time.monotonic() - started, tuple(problems), skipped, needless)

    try:
        return ended(check.run(machine))
    except NotNeeded as reason:
        return ended(skipped=str(reason), needless=True)
    except Problem as problem:
        return ended(problems=[problem])
    except Problems as found:
        return ended(problems=found.problems)
    except DevkitError as error:
        return ended(problems=[Problem(error.message, error.hint)])
    except BaseException as mistake:  # not even a check that ends the process, or never stops calling itself
        text = " ".join(str(mistake).split())[:200] or "no more is known"
        return ended(problems=[warning(f"not known: {text} ({type(mistake).__name__})", _again(check.id))])


def _because(earlier: Outcome) -> str:
    if earlier.skipped is not None:
        return earlier.skipped
    return f"not checked because {earlier.check.id} failed"


def _again(id: str) -> str:
    return f"./devkit doctor --only {id} asks it alone"
