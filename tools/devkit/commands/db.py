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
from devkit.engines.choice import active_engine

if TYPE_CHECKING:
    from devkit.database.server import Patience
    from devkit.database.target import DatabaseTarget

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="The platform's database.",
)  # fmt: skip

# Seconds for the cluster's database, which may just be starting; this machine's is there or is not.
_CLUSTER_DEADLINE = 120.0


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

    if in_cluster and engine == "local":
        raise DevkitError(
            "--in-cluster and --engine local exclude each other", hint="leave one out", exit_code=ExitCode.USAGE
        )  # fmt: skip
    with _target("tilt" if in_cluster else engine) as target:
        default = _CLUSTER_DEADLINE if target.engine == "tilt" and not target.own else target.patience
        patience = _patience(target, default if deadline is None else deadline, deadline)
        if in_cluster:
            _migrate_in_cluster(target, patience, _CLUSTER_DEADLINE if deadline is None else deadline)
        else:
            say(f"devkit: {operations.migrate(target.url, target.migrations, patience)}")


def _migrate_in_cluster(target: DatabaseTarget, patience: Patience, deadline: float) -> None:
    from devkit.database import operations
    from devkit.engines.tilt.migrations import migrate_in_cluster

    until = time.monotonic() + deadline

    def run() -> None:
        left = max(1.0, until - time.monotonic())
        migrate_in_cluster(project_root(), target.migrations, left, lambda line: say(f"    {line}"))

    if target.own:  # it may be reachable from the cluster alone
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
                hint="postgres: {seed: dev/seed}",
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

    with _target(engine) as target:
        if target.own:
            raise DevkitError(
                "this is a database of your own; devkit does not wipe it", exit_code=ExitCode.REFUSED
            )
        if not target.running:
            raise DevkitError(
                "the embedded database does not run, and whatever answers on its port is not devkit's",
                hint="./devkit up first; or ./devkit reset deletes all of this clone's data",
                exit_code=ExitCode.REFUSED,
            )
        of = f" ({target.where})" if target.where else ""
        if not yes and not ask(f"Delete everything in the development database{of}?"):
            raise DevkitError("nothing was deleted", hint="answer y, or use --yes", exit_code=ExitCode.USAGE)
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
        mend = "./devkit db migrate" + (" --engine tilt" if engine == "tilt" else "")
        emit(
            f"{found.address} (engine {target.engine}) is at {found.current or 'nothing'}"
            + ("" if current else f"; newest is {found.head}: {mend}")
        )
        if found.rows:
            print_table(("table", "rows"), [(name, str(count)) for name, count in found.rows.items()])
    return ExitCode.OK if current else ExitCode.CHECK_FAILED


@contextmanager
def _target(wanted: str | None) -> Iterator[DatabaseTarget]:
    """The database of the engine that runs, or of the one wanted."""
    root = project_root()
    if _engine(root, wanted) == "tilt":
        from devkit.engines.tilt.database import cluster_database

        with cluster_database(root) as target:
            say(f"devkit: the cluster's database ({target.where})")
            yield target
    else:
        from devkit.engines.local.target import database_target

        yield database_target(root)


def _engine(root: Path, wanted: str | None) -> str:
    """The engine that runs, or the one wanted. A namespace without a database is not asked unless wanted."""
    found = active_engine(root, wanted).name
    if found == "tilt" and wanted is None:
        from devkit.engines.tilt.database import has_database

        return "tilt" if has_database(root) else "local"
    return found


def _patience(target: DatabaseTarget, seconds: float | None = None, lock: float | None = None) -> Patience:
    from devkit.database.server import Patience

    found = Patience(target.patience if seconds is None else seconds, where=target.address, why=target.why)
    if lock is not None:
        found = replace(found, lock_seconds=lock)
    if target.engine == "tilt":
        found = replace(
            found, progress=lambda text: say(f"devkit: {text}"), hint=_mend(target), keeper="the Secret"
        )
    return found


def _mend(target: DatabaseTarget) -> str:
    if target.own:
        return (
            "it must be reachable from this machine; from the cluster alone: ./devkit db migrate --in-cluster"
        )
    return "./devkit status says how it is; --deadline SECONDS waits longer for a migration"


def _shown(folder: Path) -> str:
    return folder.relative_to(project_root()).as_posix()
