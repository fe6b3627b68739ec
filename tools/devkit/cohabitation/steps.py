"""The new migrations, in the steps in which they are applied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.database.check.run import database_of
from devkit.database.history import History, Revision
from devkit.database.migrating import migrate
from devkit.database.operations import revision_of
from devkit.database.server import connect, plain

__all__ = ["Step", "new_steps"]


@dataclass(frozen=True)
class Step:
    """Migrations that are applied at once: one; or those that two branches added, up to the one that joins them. `file` is the
    last one's path in the repository, `folder` the migrations'."""

    revisions: tuple[Revision, ...]
    folder: Path
    file: str

    @property
    def name(self) -> str:
        """For people."""
        return ", ".join(revision.file for revision in self.revisions)

    def apply(self, url: str) -> None:
        """Applies it, as `db migrate` does. Raises DevkitError for one that fails."""
        with database_of(url):
            migrate(url, self.folder, to=self.revisions[-1].id)


def new_steps(root: Path, folder: Path, url: str, old: str) -> list[Step]:
    """What a database as `old` code has it lacks of the migrations in a folder of `root`.

    Raises DevkitError (exit 2) when that code has a migration which the folder has not.
    """
    history = History(folder)
    with connect(plain(url), "db cohabit") as connection:
        current = revision_of(connection)
    if current is not None and current not in history.revisions:
        raise DevkitError(
            f"{old} has the migration {current}, which this clone does not have: what it has migrated this clone cannot migrate on",
            fix="merge or rebase, or name another REF",
            exit_code=ExitCode.USAGE,
        )
    known = {revision.id for revision in history.applied(current)}
    new = [revision for revision in history.line(history.target(current)) if revision.id not in known]
    steps: list[Step] = []
    together: list[Revision] = []
    for number, revision in enumerate(new, 1):
        together.append(revision)
        following = new[number] if number < len(new) else None
        if following is None or following.down == (revision.id,):
            file = history.path_of(revision.id).relative_to(root).as_posix()
            steps.append(Step(tuple(together), folder, file))
            together = []
    return steps
