"""Up to the newest migration that is written."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from alembic import command

from devkit.base.errors import DevkitError
from devkit.base.polling import attempts
from devkit.database import applied
from devkit.database.history import History, Revision, remote_branch
from devkit.database.locks import is_locked, lock_holders, lock_timeout
from devkit.database.operations import make, revision_of, turn
from devkit.database.server import WaitPolicy, connect, is_lost, plain, unreachable

__all__ = ["Migrated", "in_turn", "migrate", "remarks"]

_EVERY = 0.25
T = TypeVar("T")


@dataclass(frozen=True)
class Migrated:
    """From which revision to which; of those that wait to be written, and of those that were edited after they were applied."""

    before: str | None
    after: str | None
    remarks: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """For people, what happened first."""
        moved = f"migrated {self.before or 'an empty database'} → {self.after}"
        still = f"up to date at {self.after}" if self.after else "nothing to apply"
        return [moved if self.before != self.after else still, *self.remarks]


def remarks(waiting: tuple[Revision, ...], edited: tuple[Revision, ...], folder: Path) -> list[str]:
    """What a developer should know of a history beside where it stands."""
    said = [
        f"{revision.file} waits: its upgrade() is empty or has a `pass` (`return` is for nothing to do)"
        for revision in waiting
    ]
    for revision in edited:
        branch = remote_branch(folder, revision.file)
        if branch:
            fix = f"{branch} has it, others may have applied it: put the change into a new one, ./devkit db revision"
        else:
            fix = "./devkit db redo applies it again"
        said.append(f"{revision.file} was edited after it was applied: {fix}")
    return said


def migrate(
    url: str, folder: Path, patience: WaitPolicy = WaitPolicy(), *, to: str | None = None
) -> Migrated:
    """Makes the database if it is missing and upgrades it to the newest migration in `folder` that is written, or `to` one.

    A server that goes away meanwhile is waited for and the migration begun again, until patience is at its end; others
    who migrate or wipe are waited for too. Raises DevkitError: exit 5 without a server, exit 1 for a migration that
    fails or a lock that does not come free.
    """
    return in_turn(url, folder, patience, lambda: _upgrade(url, folder, patience, to))


def _upgrade(url: str, folder: Path, patience: WaitPolicy, to: str | None) -> Migrated:
    history = History(folder)
    make(url)
    with connect(plain(url), "db migrate") as connection:
        before, recorded = revision_of(connection), applied.read(connection)
    if before is not None and before not in history.revisions:
        raise applied.unknown_revision(before, recorded, folder)
    target = to or history.target(before)
    if target is not None and before != target:
        with lock_timeout(patience.lock_seconds):
            command.upgrade(history.config, target)
    with connect(plain(url), "db migrate") as connection:
        after = revision_of(connection)
        applied.record(connection, [recorded.get(each.id, each) for each in history.applied(after)])
    edited = applied.edited(history, after, recorded)
    return Migrated(before, after, tuple(remarks(history.waiting(after), edited, folder)))


def in_turn(
    url: str,
    folder: Path,
    patience: WaitPolicy,
    work: Callable[[], T],
    fix: str = "it was rolled back; fix the file and save",
) -> T:
    """Does the work while no other devkit migrates or wipes; again when the server went away meanwhile.

    Raises DevkitError (exit 1) for what a migration raises, with its file and line, and `fix`.
    """
    os.environ["DATABASE_URL"] = url  # what the migrations' env.py reads, as a service would
    lost: Exception | None = None
    for left in attempts(patience.seconds, _EVERY):
        if lost is not None:
            patience.progress("the connection to the database was lost; trying again")
        try:
            with turn(url, replace(patience, seconds=left)):
                return work()
        except DevkitError:
            raise
        except Exception as problem:
            if not is_lost(problem):
                raise _failed(url, folder, patience, problem, fix) from None
            lost = problem
    assert lost is not None
    raise unreachable(url, patience, lost)


def _failed(url: str, folder: Path, patience: WaitPolicy, problem: Exception, fix: str) -> DevkitError:
    """The migration's file and line, and what the database said, in place of forty frames of libraries."""
    if is_locked(problem):
        with connect(plain(url), autocommit=True) as connection:
            return lock_holders(connection, patience)
    ours = (str(folder), applied.SCRATCH)
    frames = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if any(each in frame.filename for each in ours)
    ]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}: " if frames else ""
    said = (str(problem).strip() or type(problem).__name__).splitlines()[0]
    return DevkitError(f"a migration failed: {where}{said}", fix=fix)
