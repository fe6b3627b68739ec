"""`devkit db migrate`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.db.target import open_target, patience_for, tell
from devkit.commands.options import EngineOption
from devkit.engines.registry import ENGINES

if TYPE_CHECKING:
    from devkit.database.server import WaitPolicy
    from devkit.database.target import DatabaseTarget

__all__ = ["migrate"]

# Seconds for a Job in the cluster.
_INSIDE_DEADLINE = 120.0


def migrate(
    engine: EngineOption = None,
    deadline: Annotated[
        float | None,
        typer.Option(
            min=0, help="Seconds to wait for the database. In a cluster 120, else 3; for locks 120."
        ),
    ] = None,
    in_cluster: Annotated[
        bool, typer.Option("--in-cluster", help="Run this clone's migrations as a Job in the cluster.")
    ] = False,
) -> None:
    """Upgrade the schema to the newest migration that is written; makes the database if it is missing."""
    from devkit.database import migrating

    if in_cluster:
        engine = _inside(engine)
    with open_target(engine) as target:
        default_patience = target.migration_patience or target.patience
        patience = patience_for(target, default_patience if deadline is None else deadline, deadline)
        if in_cluster:
            _migrate_inside(target, patience, _INSIDE_DEADLINE if deadline is None else deadline)
        else:
            tell(migrating.migrate(target.url, target.migrations, patience).lines)
        target.changed()


def _inside(engine: str | None) -> str:
    """The engine whose database is in a cluster. Raises DevkitError (exit 2) when another one is named."""
    able = next(entry.name for entry in ENGINES.values() if entry.in_cluster)
    if engine not in (None, able):
        message = f"--in-cluster and --engine {engine} exclude each other"
        raise DevkitError(message, fix="leave one out", exit_code=ExitCode.USAGE)
    return able


def _migrate_inside(target: DatabaseTarget, patience: WaitPolicy, deadline: float) -> None:
    from devkit.database import migrating, operations

    assert target.migrate_inside is not None
    migrate_inside = target.migrate_inside
    until = time.monotonic() + deadline

    def run() -> None:
        left = max(1.0, until - time.monotonic())
        migrate_inside(left, lambda line: say(f"    {line}"))

    if target.external:  # it may be reachable from the cluster alone
        run()
        say("devkit: migrated")
        return
    with operations.turn(target.url, patience):
        operations.make(target.url)
        run()
    done = migrating.migrate(target.url, target.migrations, patience)  # notes what the Job has applied
    tell([f"at {done.after}", *done.remarks])
