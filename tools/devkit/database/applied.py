"""What was applied to a database, with the text it had then: in the database, schema `devkit`, as devkit applies it.

By it an edited revision is noticed, and is taken back with the code that it was applied with, also one of another branch.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from devkit.base.errors import DevkitError
from devkit.database.history import History, Revision, same_code

__all__ = ["SCRATCH", "as_applied", "edited", "read", "record", "unknown_revision"]

SCRATCH = "devkit-migrations-"
"""How the folder of `as_applied` begins."""

_MAKE = """
    create schema if not exists devkit;
    create table if not exists devkit.applied_revision (
        revision text primary key,
        down text[] not null,
        file text not null,
        source text not null,
        applied_at timestamptz not null default now()
    )
"""


def read(connection: psycopg.Connection) -> dict[str, Revision]:
    """The revisions by id, as they were when they were applied; those that something else applied are missing."""
    if connection.execute("select to_regclass('devkit.applied_revision')").fetchone() == (None,):
        return {}
    rows = connection.execute("select revision, down, file, source from devkit.applied_revision").fetchall()
    return {name: Revision(name, tuple(down), file, source) for name, down, file, source in rows}


def record(connection: psycopg.Connection, applied: Iterable[Revision]) -> None:
    """`applied` is what the database has now: new ones are kept as they are, those that are gone are forgotten.

    A role that may not make a schema leaves nothing; edited revisions are not noticed then.
    """
    now = {revision.id: revision for revision in applied}
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
        known = read(connection)
        if known.keys() == now.keys():
            return
        connection.execute(_MAKE)
        connection.execute("delete from devkit.applied_revision where not revision = any(%s)", (list(now),))
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into devkit.applied_revision (revision, down, file, source) values (%s, %s, %s, %s)",
                [(each.id, list(each.down), each.file, each.source) for each in now.values() if each.id not in known],
            )  # fmt: skip


def edited(history: History, current: str | None, recorded: Mapping[str, Revision]) -> tuple[Revision, ...]:
    """The applied revisions whose code is another one than it was, oldest first."""
    return tuple(
        revision
        for revision in reversed(history.applied(current))
        if revision.id in recorded and not same_code(revision.source, recorded[revision.id].source)
    )


@contextmanager
def as_applied(folder: Path, recorded: Mapping[str, Revision]) -> Iterator[History]:
    """The folder's history with each revision as it was applied, and with those that this checkout does not have.

    A file's own downgrade() is taken where the applied one has none.
    """
    here = History(folder)
    texts = {revision.file: revision.source for revision in here.revisions.values()}
    for name, old in recorded.items():
        now = here.revisions.get(name)
        if now is not None and old.is_one_way and now.can_go_back:
            continue
        texts.pop(now.file if now else "", None)
        texts[old.file] = old.source
    with tempfile.TemporaryDirectory(prefix=SCRATCH) as made:
        versions = Path(made)
        for file, source in texts.items():
            (versions / file).write_text(source, "utf-8")
        yield History(folder, versions)


def unknown_revision(current: str | None, recorded: Mapping[str, Revision], folder: Path) -> DevkitError:
    """The error for a database that is at a revision of another branch."""
    if current is not None and current in recorded:
        return DevkitError(
            f"the database is at {current} ({recorded[current].file}), which this checkout does not have",
            fix="./devkit db rollback takes it back; or the branch that has it; or ./devkit db reset",
        )
    return DevkitError(
        f"the database is at {current or 'nothing'}, which {folder.name} does not have",
        fix="another branch has migrated it: ./devkit db rollback there, or ./devkit db reset",
    )
