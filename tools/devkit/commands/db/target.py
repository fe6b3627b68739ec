"""The database that `devkit db` is about, and how it speaks of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.base.console import say
from devkit.base.paths import project_root
from devkit.engines.choice import engine_with_database

if TYPE_CHECKING:
    from devkit.database.server import WaitPolicy
    from devkit.database.target import DatabaseTarget

__all__ = ["open_target", "patience_for", "shown", "tell"]


@contextmanager
def open_target(wanted: str | None) -> Iterator[DatabaseTarget]:
    """The database of the engine that runs, or of the one wanted."""
    with engine_with_database(project_root(), wanted).database() as target:
        if target.remote:
            say(f"devkit: the cluster's database ({target.where})")
        yield target


def patience_for(
    target: DatabaseTarget, seconds: float | None = None, lock: float | None = None
) -> WaitPolicy:
    """How long a command waits for this database, and how it speaks of it."""
    from devkit.database.server import WaitPolicy

    found = WaitPolicy(
        target.patience if seconds is None else seconds,
        where=target.address,
        why=target.why,
        server=target.server,
    )
    if lock is not None:
        found = replace(found, lock_seconds=lock)
    if target.remote:
        found = replace(
            found, progress=lambda text: say(f"devkit: {text}"), fix=target.fix, keeper=target.keeper
        )
    return found


def shown(path: Path) -> str:
    """A path of the repository as it is told."""
    return path.relative_to(project_root()).as_posix()


def tell(lines: Iterable[str]) -> None:
    """Says each of them."""
    for line in lines:
        say(f"devkit: {line}")
