"""`--fix`: what can be fixed safely, one after the other; then the checks once more, which say whether it helped."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

from devkit.base.errors import DevkitError
from devkit.checks import Check, Fix, Outcome, Problem, Problems
from devkit.doctor.look import look
from devkit.doctor.machine import Machine
from devkit.doctor.report import machine_redactor
from devkit.findings.report import Fixed, FixResult

__all__ = ["Planned", "apply_fixes", "plan_fixes"]


@dataclass(frozen=True)
class Planned:
    """A fix, and the ids of the findings that it is for. Of one command there is one."""

    fix: Fix
    ids: tuple[str, ...]


def plan_fixes(outcomes: Sequence[Outcome], ids: Container[str]) -> tuple[list[Planned], list[Planned]]:
    """What devkit would do about the findings of these ids, and what is left to the person, each in the checks' order."""
    found: dict[str, Planned] = {}
    for outcome in outcomes:
        for problem in outcome.problems:
            id = problem.as_finding(outcome.check.id).id
            if problem.fix is None or id not in ids:
                continue
            before = found.get(problem.fix.command)
            found[problem.fix.command] = Planned(problem.fix, (*before.ids, id) if before else (id,))
    planned = list(found.values())
    return [p for p in planned if p.fix.apply], [p for p in planned if not p.fix.apply]


def apply_fixes(
    machine: Machine,
    checks: Sequence[Check[Machine]],
    planned: Sequence[Planned],
    on_progress: Callable[[str], None],
) -> tuple[list[Outcome], list[Fixed]]:
    """Applies the fixes and runs all checks once more. Returns what came of these, and what became of the fixes.

    A fix that fails does not keep the others from being tried.
    """
    troubles: dict[str, str] = {}
    for each in planned:
        on_progress(each.fix.command)
        assert each.fix.apply is not None
        try:
            each.fix.apply(machine)
        except DevkitError as error:
            troubles[each.fix.command] = error.message
        except (Problem, Problems, OSError) as problem:
            troubles[each.fix.command] = str(problem)
    machine.forget()
    on_progress("checking again")
    outcomes = look(machine, checks)
    clean = machine_redactor(machine)
    still = {p.as_finding(o.check.id).id: p.message for o in outcomes for p in o.problems}
    unknown = {o.check.id: o.skipped for o in outcomes if o.skipped is not None and not o.needless}
    fixed = []
    for each in planned:
        for id in each.ids:
            trouble = troubles.get(each.fix.command)
            if trouble is not None:
                fixed.append(Fixed(id, each.fix.command, FixResult.FAILED, clean(trouble)))
            elif message := still.get(id) or unknown.get(id):
                fixed.append(Fixed(id, each.fix.command, FixResult.REMAINS, message))
            else:
                fixed.append(Fixed(id, each.fix.command, FixResult.FIXED))
    return outcomes, fixed
