"""The rules as checks of the one kernel; a comment in a Compose file allows what is right as it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from devkit.checks import Check, Fix, Problem, Problems
from devkit.checks.allows import Allow, Allows, Suspect
from devkit.compose.audit import copies, environment, health, images, proxy, resources, stopping, updates
from devkit.compose.audit.edits import Edit
from devkit.compose.audit.rule import Rule
from devkit.compose.audit.stack import Stack

__all__ = ["CHECKS", "RULES"]

RULES: dict[str, Rule] = {
    each.name: each
    for module in (images, health, stopping, environment, resources, copies, proxy, updates)
    for each in module.RULES
}
"""Every rule by its name."""

_ALLOWS = Allows("compose", RULES)


def _allows(stack: Stack) -> list[Allow]:
    """The comments of the project's files: `# compose: allow RULE: reason`."""
    return [allow for name, text in stack.files.items() for allow in _ALLOWS.read_yaml(name, text)]


def _suspects(rule: Rule, stack: Stack) -> dict[Suspect, tuple[Edit, ...]]:
    """What violates a rule, each with the edits that repair it."""
    return {
        Suspect(rule.name, found.place, found.message, found.fix): found.edits for found in rule.look(stack)
    }


def _run(rule: Rule, stack: Stack) -> str:
    found = _suspects(rule, stack)
    if problems := [
        Problem(
            suspect.message,
            suspect.fix,
            severity=rule.severity,
            place=suspect.place,
            fix=Fix(suspect.fix, partial(_want, found[suspect])) if found[suspect] else None,
        )
        for suspect in sorted(_ALLOWS.without_allowed(found, _allows(stack)), key=lambda each: each.place)
    ]:
        raise Problems(problems)
    return f"{len(stack.services)} services"


def _want(edits: tuple[Edit, ...], stack: Stack) -> None:
    stack.wanted.extend(edits)


def _judge(stack: Stack) -> str:
    """What is wrong with the comments themselves."""
    allows = _allows(stack)
    suspects = [suspect for rule in RULES.values() for suspect in _suspects(rule, stack)] if allows else []
    if problems := [
        Problem(each.message, each.fix, place=each.place) for each in _ALLOWS.judge(suspects, allows)
    ]:
        raise Problems(problems)
    return f"{len(allows)} comments"


def _checks() -> Iterator[Check[Stack]]:
    for rule in RULES.values():
        yield Check(id=f"compose.{rule.name}", about=rule.about, run=partial(_run, rule))
    about = "every allow comment names a rule, gives a reason and is needed"
    yield Check(id="compose.allow", about=about, run=_judge)


CHECKS: tuple[Check[Stack], ...] = tuple(_checks())
"""One check a rule."""
