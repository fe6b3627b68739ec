"""The rules as checks of the one kernel; a comment in a Compose file allows what is right as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from devkit.checks import Check, Fix, Problem, Problems
from devkit.checks.allows import Allow, Allows, Suspect
from devkit.compose.audit import copies, environment, health, images, proxy, resources, stopping, updates
from devkit.compose.audit.edits import Edit
from devkit.compose.audit.rule import Rule
from devkit.compose.audit.stack import Stack
from devkit.findings.model import Place

__all__ = ["CHECKS", "RULES"]

RULES: dict[str, Rule] = {
    each.name: each
    for module in (images, health, stopping, environment, resources, copies, proxy, updates)
    for each in module.RULES
}
"""Every rule by its name."""

_ALLOWS = Allows("compose", RULES)


def _allows(stack: Stack) -> list[Allow]:
    """The comments of the project's YAML files: `# compose: allow RULE: reason`."""
    return list(_comments_of(stack.project.files))


@cache
def _comments_of(files: tuple[Path, ...]) -> tuple[Allow, ...]:
    found: list[Allow] = []
    for path in files:
        if path.suffix not in (".yml", ".yaml"):
            continue
        lines = path.read_text("utf-8").splitlines()
        comments = [
            (number, f"# compose:{comment}", not before.strip())
            for number, line in enumerate(lines, 1)
            for before, sign, comment in [line.partition("# compose:")]
            if sign
        ]
        found += _ALLOWS.read(str(path.resolve()), comments, lines)
    return tuple(found)


def _suspects(rule: Rule, stack: Stack) -> list[tuple[Suspect, tuple[Edit, ...]]]:
    return [
        (Suspect(rule.name, found.place, found.message, found.fix), found.edits) for found in rule.look(stack)
    ]


def _run(rule: Rule, stack: Stack) -> str:
    found = _suspects(rule, stack)
    counting = _ALLOWS.without_allowed([_anywhere(suspect) for suspect, _ in found], _allows(stack))
    kept = {(suspect.place.line, suspect.message) for suspect in counting}
    problems = [
        Problem(
            suspect.message,
            suspect.fix,
            severity=rule.severity,
            place=suspect.place,
            fix=Fix(suspect.fix, partial(_want, edits)) if edits else None,
        )
        for suspect, edits in found
        if (suspect.place.line, suspect.message) in kept
    ]
    if problems:
        raise Problems(sorted(problems, key=lambda problem: problem.place or Place("")))
    return f"{len(stack.services)} services"


def _anywhere(suspect: Suspect) -> Suspect:
    """By the file's whole name, as comments are kept."""
    place = suspect.place
    return Suspect(
        suspect.rule,
        Place(str(Path(place.file).resolve()), place.line, place.column),
        suspect.message,
        suspect.fix,
    )


def _from_here(place: Place) -> Place:
    """As other places are shown: from the folder in which the command was called, where it is below that."""
    path, here = Path(place.file), Path.cwd().resolve()
    return replace(place, file=str(path.relative_to(here))) if path.is_relative_to(here) else place


def _want(edits: tuple[Edit, ...], stack: Stack) -> None:
    stack.wanted.extend(edits)


def _judge(stack: Stack) -> str:
    """What is wrong with the comments themselves."""
    allows = _allows(stack)
    suspects = (
        [_anywhere(suspect) for rule in RULES.values() for suspect, _ in _suspects(rule, stack)]
        if allows
        else []
    )
    problems = [
        Problem(each.message, each.fix, place=_from_here(each.place))
        for each in _ALLOWS.judge(suspects, allows)
    ]
    if problems:
        raise Problems(problems)
    return f"{len(allows)} comments"


def _checks() -> Iterator[Check[Stack]]:
    for rule in RULES.values():
        yield Check(id=f"compose.{rule.name}", about=rule.about, run=partial(_run, rule))
    about = "every allow comment names a rule, gives a reason and is needed"
    yield Check(id="compose.allow", about=about, run=_judge)


CHECKS: tuple[Check[Stack], ...] = tuple(_checks())
"""One check a rule."""
