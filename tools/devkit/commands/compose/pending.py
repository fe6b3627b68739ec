"""Migrations that a running project's database does not have yet, and whether they only add: what `gate.migrations` asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Problems, Skipped, note
from devkit.checks.runner import run_checks
from devkit.compose.gate import Container, Gate
from devkit.compose.inside import inside, words_of
from devkit.database.target import DATABASE_URL, major_version, migrated_service
from devkit.model import Service, Table

__all__ = ["pending_of"]

_SECONDS = 60.0
_REVISION = re.compile(
    r"^([0-9A-Za-z_.-]+)(?: \((?:head|effective head|mergepoint|branchpoint|, )+\))?$", re.MULTILINE
)
# The database is ahead of the image that was asked, which then knows no such revision.
_UNKNOWN = re.compile(r"Can't locate revision identified by '([^']+)'")


def pending_of(root: Path, table: Table) -> Callable[[Gate], str] | None:
    """What looks at the migrations of a repository's table; None where that has none, or no staging."""
    if table.staging is None or not any(service.migrations for service in table.services.values()):
        return None
    return partial(_judged, _Repository(root, table, migrated_service(table)))


@dataclass(frozen=True)
class _Repository:
    root: Path
    table: Table
    service: Service

    @property
    def folder(self) -> str:
        """The folder of migrations, from the root; the same in the images."""
        return str(self.service.migrations)

    def runs_in(self, gate: Gate) -> bool:
        """Whether a project is the table's staging."""
        assert self.table.staging is not None
        folder = (self.root / self.table.staging.folder).resolve()
        return any(file.resolve().is_relative_to(folder) for file in gate.stack.project.files)


def _judged(repository: _Repository, gate: Gate) -> str:
    from devkit.database.history import History

    if not repository.runs_in(gate):
        raise Skipped(f"this project is not {repository.table.staging and repository.table.staging.folder}")
    current, container = _current(repository, gate)
    history = History(repository.root / repository.folder)
    if current is not None and current not in history.revisions:
        raise Problem(
            f"the database is at migration {current}, which this checkout does not have",
            "check out the commit that is to be rolled out, or a newer one",
        )
    applied = {revision.id for revision in history.applied(current)}
    pending = tuple(each for each in history.line(history.target(current)) if each.id not in applied)
    at = f"the database is at {current or 'no migration'}, says {container.name}"
    if not pending:
        return f"{at}; nothing is pending"
    problems = _examined(repository, pending)
    names = ", ".join(each.file for each in pending)
    told = "is" if len(pending) == 1 else "are"
    if not any(problem.severity.value == "error" for problem in problems):
        problems.append(
            note(
                f"{names} {told} pending, and only add{'s' * (len(pending) == 1)}; {at}",
                "apply before the update",
            )
        )
    raise Problems(problems)


def _examined(repository: _Repository, pending: tuple[object, ...]) -> list[Problem]:
    """What `db check` finds in exactly these."""
    from devkit.database.check.checks import CHECKS, examine
    from devkit.database.check.scratch import SMALL, scratch_server
    from devkit.database.check.since import Selection
    from devkit.database.history import History

    history = History(repository.root / repository.folder)
    selection = Selection(pending, True, f"{len(pending)} pending")  # type: ignore[arg-type]
    wanted = major_version(str(repository.service.image))
    with scratch_server(SMALL, str(repository.service.options["user"])) as server:
        found = examine(server, repository.root, history, selection, version=wanted)
    outcomes = run_checks(found, CHECKS, command="db check")
    return [
        problem.changed(part=outcome.check.id.partition(".")[2])
        for outcome in outcomes
        for problem in outcome.problems
    ]


def _current(repository: _Repository, gate: Gate) -> tuple[str | None, Container]:
    """The revision of the database, None for an empty one, and who said so. Raises Problem where nobody can."""
    said = f"no container with {DATABASE_URL} runs"
    for container in _with_database(gate):
        command = ("python", "-m", "alembic", "-c", f"{repository.folder}/alembic.ini", "current")
        try:
            answer = inside(gate.docker, container.id, *command, seconds=_SECONDS)
        except DevkitError as problem:  # Alembic waits for whoever migrates now
            fix = "does somebody migrate now, or is the database out of reach?"
            raise Problem(
                f"at which migration the database is, is not known: {problem.message}", fix
            ) from None
        if answer.code == 0:
            found = _REVISION.findall(answer.out.strip())
            return (found[0] if found else None), container
        if newer := _UNKNOWN.search(answer.err + answer.out):
            return newer[1], container
        said = f"{container.name}: {words_of(answer)}"
    raise Problem(
        f"at which migration the database is, is not known: {said}",
        f"{gate.compose('exec', 'SERVICE', 'python', '-m', 'alembic', '-c', f'{repository.folder}/alembic.ini', 'current')} asks the same",
    )


def _with_database(gate: Gate) -> Iterator[Container]:
    """A running copy of each application that knows the database."""
    for service in gate.stack.applications():
        if DATABASE_URL in service.entries("environment"):
            yield from gate.running([service])[:1]
