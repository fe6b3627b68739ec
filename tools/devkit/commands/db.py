"""`devkit db migrate|seed|reset|status`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.base.console import ask, emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.commands.options import EngineOption
from devkit.commands.where import say_where
from devkit.engines.choice import engine_with_database
from devkit.engines.registry import ENGINES

if TYPE_CHECKING:
    from devkit.database.server import WaitPolicy
    from devkit.database.target import DatabaseTarget

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="The platform's database.",
)  # fmt: skip

# Seconds for a Job in the cluster.
_INSIDE_DEADLINE = 120.0


@app.command()
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
    """Upgrade the schema to the newest migration; makes the database if it is missing."""
    from devkit.database import operations

    if in_cluster:
        engine = _inside(engine)
    with _target(engine) as target:
        default_patience = target.migration_patience or target.patience
        patience = _patience(target, default_patience if deadline is None else deadline, deadline)
        if in_cluster:
            _migrate_inside(target, patience, _INSIDE_DEADLINE if deadline is None else deadline)
        else:
            say(f"devkit: {operations.migrate(target.url, target.migrations, patience)}")


def _inside(engine: str | None) -> str:
    """The engine whose database is in a cluster. Raises DevkitError (exit 2) when another one is named."""
    able = next(entry.name for entry in ENGINES.values() if entry.in_cluster)
    if engine not in (None, able):
        message = f"--in-cluster and --engine {engine} exclude each other"
        raise DevkitError(message, fix="leave one out", exit_code=ExitCode.USAGE)
    return able


def _migrate_inside(target: DatabaseTarget, patience: WaitPolicy, deadline: float) -> None:
    from devkit.database import operations

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
    found = operations.status(target.url, target.migrations, patience)
    say(f"devkit: at {found.current}")


@app.command()
def seed(engine: EngineOption = None) -> None:
    """Fill in the example data. Running it twice changes nothing."""
    from devkit.database import operations

    with _target(engine) as target:
        if target.seed is None:
            raise DevkitError(
                "the table names no seed folder",
                fix="postgres: {seed: dev/seed}",
                exit_code=ExitCode.USAGE,
            )
        done = operations.seed(target.url, target.seed, _patience(target))
        say(f"devkit: seeded {', '.join(done)}" if done else f"devkit: no *.sql in {_shown(target.seed)}")


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    engine: EngineOption = None,
) -> None:
    """Delete all data and migrate from nothing. A database of your own is refused."""
    from devkit.database import operations

    say_where()
    with _target(engine) as target:
        if target.external:
            raise DevkitError(
                "this is your own database; devkit does not wipe it", exit_code=ExitCode.REFUSED
            )
        of = f" ({target.where})" if target.where else ""
        if not yes and not ask(f"Delete everything in the development database{of}?"):
            raise DevkitError("nothing was deleted", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
        operations.wipe(target.url, _patience(target))
        say(f"devkit: {operations.migrate(target.url, target.migrations, _patience(target))}")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False, engine: EngineOption = None
) -> int:
    """Show the schema's revision and how many rows each table has. Exit 1 when migrations are missing."""
    from devkit.database import operations

    with _target(engine) as target:
        found = operations.status(target.url, target.migrations, _patience(target))
    current = found.current == found.head
    if as_json:
        emit(
            json.dumps(
                {
                    "version": 1,
                    "engine": target.engine,
                    "address": found.address,
                    "current": found.current,
                    "head": found.head,
                    "rows": found.rows,
                }
            )
        )
    else:
        fix = "./devkit db migrate" + (f" --engine {engine}" if engine else "")
        emit(
            f"{found.address} (engine {target.engine}) is at {found.current or 'nothing'}"
            + ("" if current else f"; newest is {found.head}: {fix}")
        )
        if found.rows:
            print_table(("table", "rows"), [(name, str(count)) for name, count in found.rows.items()])
    return ExitCode.OK if current else ExitCode.CHECK_FAILED


@contextmanager
def _target(wanted: str | None) -> Iterator[DatabaseTarget]:
    """The database of the engine that runs, or of the one wanted."""
    with engine_with_database(project_root(), wanted).database() as target:
        if target.remote:
            say(f"devkit: the cluster's database ({target.where})")
        yield target


def _patience(target: DatabaseTarget, seconds: float | None = None, lock: float | None = None) -> WaitPolicy:
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


def _shown(folder: Path) -> str:
    return folder.relative_to(project_root()).as_posix()
