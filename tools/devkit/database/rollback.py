"""Back along the line of migrations, with the code that each was applied with: `devkit db rollback` and `redo`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command

from devkit.base.errors import DevkitError, ExitCode
from devkit.database import applied
from devkit.database.history import History, Revision
from devkit.database.locks import is_locked, lock_timeout
from devkit.database.migrating import in_turn
from devkit.database.operations import revision_of
from devkit.database.server import WaitPolicy, connect, is_lost, plain, unreachable, wait_for_database

__all__ = ["Rollback", "plan_redo", "plan_rollback", "roll_back"]


@dataclass(frozen=True)
class Rollback:
    """What is to be taken back, newest first, and the revision that the database is at then (None: before the first)."""

    current: str
    undone: tuple[Revision, ...]
    to: str | None


def plan_rollback(
    url: str, folder: Path, steps: int | None = None, to: str | None = None, patience: WaitPolicy = WaitPolicy()
) -> Rollback:  # fmt: skip
    """What `steps` steps back take back, or all after `to` ("base": everything). Without either: what this checkout does
    not have, as another branch leaves it, else one.

    Raises DevkitError: exit 2 for nothing to take back or an unknown `to`, exit 5 without a server.
    """
    known, recorded, current = _looked(url, folder, patience)
    with applied.as_applied(folder, recorded) as history:
        line = _line(history, current, folder)
        if to is not None:
            return _back(line, () if to == "base" else _left(line, _named(to, line)))
    if steps is None:
        steps = sum(each.id not in known.revisions for each in line) or 1
    if steps > len(line):
        raise DevkitError(f"only {len(line)} are applied", fix="--to base", exit_code=ExitCode.USAGE)
    return _back(line, line[steps:])


def plan_redo(url: str, folder: Path, patience: WaitPolicy = WaitPolicy()) -> Rollback:
    """Back to before the oldest edited revision, or one step where none was edited. Raises DevkitError as plan_rollback."""
    known, recorded, current = _looked(url, folder, patience)
    if current is not None and current not in known.revisions:
        raise applied.unknown_revision(current, recorded, folder)
    with applied.as_applied(folder, recorded) as history:
        line = _line(history, current, folder)
    edited = applied.edited(known, current, recorded)
    return _back(line, line[[each.id for each in line].index(edited[0].id) + 1 if edited else 1 :])


def roll_back(url: str, folder: Path, plan: Rollback, patience: WaitPolicy = WaitPolicy()) -> None:
    """Does what was planned, in one transaction. Raises DevkitError: as migrate, and exit 5 when the database has moved."""

    def work() -> None:
        with connect(plain(url), "db rollback") as connection:
            current, recorded = revision_of(connection), applied.read(connection)
        if current == plan.to:
            return
        if current != plan.current:
            raise DevkitError(
                f"the database went from {plan.current} to {current or 'nothing'} meanwhile: nothing was done",
                fix="again",
                exit_code=ExitCode.REFUSED,
            )
        left = _downgrade(folder, recorded, plan, patience)
        with connect(plain(url), "db rollback") as connection:
            applied.record(connection, [recorded.get(each.id, each) for each in left])

    in_turn(url, folder, patience, work, fix="nothing was changed; fix its downgrade() and try again")


def _downgrade(
    folder: Path, recorded: dict[str, Revision], plan: Rollback, patience: WaitPolicy
) -> tuple[Revision, ...]:
    """Takes back with the code that was applied; where that fails, with the files', whose downgrade() may have been corrected
    since. What is left, newest first."""
    mine = History(folder).revisions
    others = {name: revision for name, revision in recorded.items() if name not in mine}
    for known in (recorded, others):
        with applied.as_applied(folder, known) as history, lock_timeout(patience.lock_seconds):
            try:
                command.downgrade(history.config, plan.to or "base")
            except NotImplementedError:
                raise _no_downgrade(plan.undone) from None
            except Exception as problem:
                if known is others or is_lost(problem) or is_locked(problem):
                    raise
                continue
            return history.applied(plan.to)
    raise AssertionError("the second attempt returns or raises")


def _looked(url: str, folder: Path, patience: WaitPolicy) -> tuple[History, dict[str, Revision], str | None]:
    known = History(folder)
    wait_for_database(url, patience)
    try:
        with connect(plain(url), "db rollback") as connection:
            return known, applied.read(connection), revision_of(connection)
    except psycopg.OperationalError as problem:
        if "does not exist" in str(problem):
            return known, {}, None
        raise unreachable(url, patience, problem) from None


def _line(history: History, current: str | None, folder: Path) -> tuple[Revision, ...]:
    if current is None:
        raise DevkitError("no migration is applied", fix="./devkit db migrate", exit_code=ExitCode.USAGE)
    if current not in history.revisions:
        raise applied.unknown_revision(current, {}, folder)
    return history.applied(current)


def _named(name: str, line: tuple[Revision, ...]) -> str:
    ids = [each.id for each in line]
    found = [name] if name in ids else [each for each in ids if each.startswith(name)]
    if len(found) == 1:
        return found[0]
    message = f"{name} is not applied" if not found else f"{name} may be {' or '.join(found)}"
    raise DevkitError(message, fix=f"applied: {', '.join(ids)}; or base", exit_code=ExitCode.USAGE)


def _back(line: tuple[Revision, ...], left: tuple[Revision, ...]) -> Rollback:
    """From the whole line to what is left of it."""
    undone = tuple(each for each in line if each not in left)
    if not undone:
        raise DevkitError(f"the database is at {line[0].id} already", exit_code=ExitCode.USAGE)
    if stuck := [each for each in undone if each.is_one_way]:
        raise _no_downgrade(stuck)
    heads = _heads(left)
    if len(heads) > 1:
        before = next(
            (each.id for each in line if len(_heads(_left(line, each.id))) == 1 and each not in undone),
            "base",
        )
        raise DevkitError(
            f"{' and '.join(heads)} are merged: there is no step between them",
            fix=f"./devkit db rollback --to {before} takes both back",
            exit_code=ExitCode.USAGE,
        )
    return Rollback(line[0].id, undone, heads[0] if heads else None)


def _left(line: tuple[Revision, ...], to: str) -> tuple[Revision, ...]:
    """What remains when all that follows `to` is taken back, which is what Alembic does."""
    follows = {to}
    for each in reversed(line):
        if follows.intersection(each.down):
            follows.add(each.id)
    return tuple(each for each in line if each.id == to or each.id not in follows)


def _heads(line: tuple[Revision, ...]) -> list[str]:
    followed = {name for each in line for name in each.down}
    return [each.id for each in line if each.id not in followed]


def _no_downgrade(revisions: Sequence[Revision]) -> DevkitError:
    return DevkitError(
        f"{', '.join(each.file for each in revisions)} cannot be taken back: downgrade() is empty",
        fix="write it (devkit takes the file's where the applied one has none), or ./devkit db reset",
        exit_code=ExitCode.USAGE,
    )
