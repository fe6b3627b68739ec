"""`devkit db check`: the migrations are run once, then each rule is a check over what was seen."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from devkit.checks import Check, Problem, Problems, Skipped
from devkit.checks.allows import Allow, Allows, Suspect, python_comments
from devkit.database.check.judge import judge
from devkit.database.check.measuring.measure import Measured
from devkit.database.check.measuring.violations import violations_of
from devkit.database.check.model import RULES, Violation
from devkit.database.check.run import Migrated, run_migrations
from devkit.database.check.scratch import ScratchServer
from devkit.database.check.since import Selection, mention
from devkit.database.check.squawk import KEPT, squawk
from devkit.database.history import History
from devkit.findings.model import Place, Severity

__all__ = ["CHECKS", "Examination", "add_measured", "examine"]

ALLOWS = Allows("db", [rule for rule in RULES if rule not in ("allow", "squawk", "fails")] + list(KEPT))
"""The comments that allow one; squawk's go by their own names."""


@dataclass
class Examination:
    """What was found in migrations, and the comments in them that allow something. `excusable` are violations that only count
    where a migration is deployed alone: a comment about one is not needless. `unjudged` are the rules of which nobody knows
    whether they are violated: those that were not asked, and `held`, which another machine decides otherwise.
    `without_squawk` says why squawk was not asked."""

    migrated: Sequence[Migrated]
    violations: list[Violation]
    excusable: Sequence[Violation] = ()
    allows: list[Allow] = field(default_factory=list)
    unjudged: set[str] = field(default_factory=lambda: {"held"})
    without_squawk: str = ""
    measured: bool = False
    _spans: dict[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for migration in self.migrated:
            text = migration.revision.source
            self.allows += ALLOWS.read(migration.file, python_comments(text), text.splitlines())
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.stmt) and not hasattr(node, "body"):
                    lines = tuple(range(node.lineno, (node.end_lineno or node.lineno) + 1))
                    self._spans |= {(migration.file, line): lines for line in lines}

    def suspect(self, violation: Violation) -> Suspect:
        """As comments allow it: at any line of the statement in Python that sent it."""
        file, line = violation.place.file, violation.place.line
        lines = self._spans.get((file, line), (line,))
        also = tuple(Place(file, each, 1) for each in lines)
        return Suspect(violation.name, violation.place, violation.message, violation.fix, also=also)


def examine(
    server: ScratchServer,
    root: Path,
    history: History,
    selection: Selection,
    *,
    version: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Examination:
    """Runs the selected migrations after those before them, and judges what they did. `version`: the major one of the server
    that they are for; 0: as the scratch server's.

    Raises DevkitError for a migration before them that fails.
    """
    line = history.line(history.target(None))
    migrated = run_migrations(server, root, history, line, selection.revisions, progress)
    violations = judge(migrated, together=selection.together)
    if selection.ref:
        violations = [_with_mention(each, root, history, selection) for each in violations]
    found = Examination(migrated, violations, judge(migrated, together=False))
    try:
        found.violations += squawk(migrated, version or server.version)
    except Skipped as reason:
        found.without_squawk = str(reason)
        found.unjudged |= KEPT.keys()
    return found


def _with_mention(violation: Violation, root: Path, history: History, selection: Selection) -> Violation:
    """With what the code that still runs says of what is dropped."""
    if not violation.dropped:
        return violation
    place = mention(root, selection.ref, violation.dropped, history)
    said = (
        f"{place} at {selection.ref[:8]} names `{violation.dropped}`"
        if place
        else f"nothing at {selection.ref[:8]} names `{violation.dropped}` any more"
    )
    return replace(violation, message=f"{violation.message}; {said}")


def add_measured(found: Examination, measured: Measured, longest: float) -> None:
    """Adds what was measured; a blocking lock held for more than `longest` seconds is a violation."""
    found.violations += violations_of(measured, longest)
    found.measured = True


def _run(rule: str, found: Examination) -> str:
    if rule == "squawk" and found.without_squawk:
        raise Skipped(found.without_squawk)
    if rule == "held" and not found.measured:
        raise Skipped("--measure measures it")
    problems = _misplaced(found) if rule == "allow" else _problems(rule, found)
    if problems:
        raise Problems(sorted(problems, key=lambda problem: problem.place or Place("")))
    count = sum(rule in allow.rules for allow in found.allows)
    return f"{len(found.migrated)} migrations" + (f", {count} allowed" if count else "")


def _problems(rule: str, found: Examination) -> list[Problem]:
    return [
        Problem(each.message, each.fix, place=each.place, part=each.part or None, severity=each.severity)
        for each in found.violations
        if each.rule == rule and ALLOWS.without_allowed([found.suspect(each)], found.allows)
    ]


def _misplaced(found: Examination) -> list[Problem]:
    """What is wrong with the comments."""
    suspects = [
        found.suspect(each)
        for each in (*found.violations, *found.excusable)
        if each.severity is Severity.ERROR
    ]
    # A comment about what nobody knows is not needless.
    suspects += [
        Suspect(rule, Place(allow.place.file, line, 1), "", "")
        for allow in found.allows
        for line in allow.lines
        for rule in found.unjudged
    ]
    return [
        Problem(each.message, each.fix, place=each.place) for each in ALLOWS.judge(suspects, found.allows)
    ]


CHECKS: tuple[Check[Examination], ...] = tuple(
    Check(id=f"db.{rule}", about=about, run=partial(_run, rule)) for rule, about in RULES.items()
)
"""One check a rule."""
