"""Runs checks: those that only look at the same time, those that change something one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from devkit.base.errors import DevkitError
from devkit.base.schedule import Job, run_jobs
from devkit.engines.site import Site
from devkit.findings.report import Result
from devkit.secrets.known import public_values
from devkit.secrets.redact import Redactor
from devkit.types.ask import Failed, Skipped
from devkit.verify.model import Check, Outcome

__all__ = ["run_checks"]

_AT_ONCE = 6


def run_checks(site: Site, checks: Sequence[Check], tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Runs the checks and returns what came of them, in their order. `tell` hears of each as it ends."""
    outcomes: dict[str, Outcome] = {}

    def done(outcome: Outcome) -> None:
        outcomes[outcome.check.id] = outcome
        tell(outcome)

    _at_once(site, [check for check in checks if not check.changes], done)
    for check in checks:
        if check.changes:
            needed = outcomes.get(check.after or "")
            if needed is not None and needed.result is Result.FAILED:
                done(Outcome(check, Result.SKIPPED, f"not tried, because {needed.check.id} failed", 0.0))
            else:
                done(_run(site, check))
    return [outcomes[check.id] for check in checks]


def _at_once(site: Site, checks: Sequence[Check], done: Callable[[Outcome], None]) -> None:
    """One that hangs is reported at its deadline and holds nothing up."""
    by_id = {check.id: check for check in checks}
    jobs = [Job(check.id, partial(_outcome, site, check), check.deadline) for check in checks]

    def late(job: Job[Outcome]) -> Outcome:
        check = by_id[job.name]
        message = f"did not end within {job.deadline:g} s"
        return Outcome(check, Result.FAILED, message, job.deadline, _look_at(check))

    run_jobs(jobs, late=late, ended=lambda _, outcome: done(outcome), at_once=_AT_ONCE)


def _outcome(site: Site, check: Check, _: Mapping[str, Outcome]) -> Outcome:
    return _run(site, check)


def _run(site: Site, check: Check) -> Outcome:
    started = time.monotonic()
    clean = Redactor(site.secrets.values(), public_values(site.table))

    def ended(result: Result, detail: str, mend: str | None = None) -> Outcome:
        return Outcome(check, result, clean(detail), time.monotonic() - started, mend)

    try:
        if check.service and (why := site.off.get(check.service)):
            return ended(Result.SKIPPED, why)
        if check.service in site.missing and check.id != f"forwards.{check.service}":
            return ended(Result.SKIPPED, "is not deployed")
        return ended(Result.OK, check.run(site))
    except Skipped as reason:
        return ended(Result.SKIPPED, str(reason))
    except Failed as problem:
        return ended(Result.FAILED, problem.message, problem.fix or _look_at(check))
    except DevkitError as problem:
        return ended(Result.FAILED, problem.message, problem.hint or _look_at(check))
    except Exception as problem:
        text = str(problem).strip() or "no more is known"
        return ended(Result.FAILED, f"{text} ({type(problem).__name__})", _look_at(check))


def _look_at(check: Check) -> str | None:
    return f"./devkit logs {check.service} shows what it does" if check.service else None
