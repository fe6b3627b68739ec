"""Which checks there are of a machine: devkit's and the repository's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devkit.checks import Check
from devkit.checks.catalogue import Package, refuse_misfits
from devkit.checks.problem import NotRecorded
from devkit.checks.repository import repository_checks
from devkit.doctor import checks as built_in
from devkit.doctor.machine import Machine
from devkit.engines.registry import ENGINES

__all__ = ["FOLDER", "REPOSITORY_GROUP", "all_checks", "early_checks", "replayable"]

FOLDER = "dev/checks"
REPOSITORY_GROUP = "dev"
_DECLARATIONS = ("AFTER", "ENGINE", "DEADLINE")


def all_checks(root: Path) -> list[Check[Machine]]:
    """devkit's checks, then the repository's (`dev/checks/NAME.py` is `dev.NAME`), each by id.

    Raises DevkitError (exit 2) for a file of the repository that is not a check, or has an invalid declaration.
    """
    checks = [*Package(built_in).all(), *_from_repository(root)]
    refuse_misfits(checks, list(ENGINES))
    return checks


def early_checks(engine: str) -> list[Check[Machine]]:
    """What `up` asks before it starts anything, with what that builds on.

    The others are not imported: with them come a Kubernetes client and a template engine, and a fifth of a second.
    """
    return Package(built_in).early(engine)


def replayable(check: Check[Machine]) -> Check[Machine]:
    """The check as it looks at a recorded machine. One of the repository's own may ask this machine itself, so it is skipped."""
    if check.group != REPOSITORY_GROUP:
        return check

    def run(_: Machine) -> str:
        raise NotRecorded("what a check of the repository's own asks")

    return replace(check, run=run)


def _from_repository(root: Path) -> list[Check[Machine]]:
    found = []
    for each in repository_checks(root, FOLDER, "machine", _DECLARATIONS):
        engine = each.declared.get("ENGINE")
        fields = {
            "after": each.declared.get("AFTER", ()),
            "engine": () if engine is None else (engine,) if isinstance(engine, str) else engine,
            "deadline": each.declared.get("DEADLINE", 5.0),
        }
        found.append(each.check(f"{REPOSITORY_GROUP}.{each.name.replace('_', '-')}", each.run, **fields))
    return found
