"""The operations schema that `devkit jobs` and `devkit why` are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from devkit.base.paths import project_root, table_file
from devkit.commands.db.target import open_target, patience_for
from devkit.table.load import read_table

if TYPE_CHECKING:
    from devkit.operations.contract import Operations

__all__ = ["age", "open_operations"]


@contextmanager
def open_operations(engine: str | None) -> Iterator[Operations]:
    """The jobs and the journal of the platform that runs, or of the engine wanted."""
    from devkit.operations.contract import opened

    table = read_table(table_file(project_root()))
    with open_target(engine) as target, opened(table, target.url, patience_for(target)) as found:
        yield found


def age(since: datetime | None) -> str:
    """`5 s`, `3 min`, `2 h`, `4 days`; empty for nothing."""
    if since is None:
        return ""
    seconds = max((datetime.now(UTC) - since).total_seconds(), 0)
    for size, name in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {name}"
    return f"{seconds:.0f} s"
