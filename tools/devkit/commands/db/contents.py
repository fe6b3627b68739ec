"""`devkit db seed|reset|status`: what is in it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from devkit.base.console import ask, emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.commands.db.target import open_target, patience_for, shown, tell
from devkit.commands.options import EngineOption
from devkit.commands.where import say_where

__all__ = ["reset", "seed", "status"]


def seed(engine: EngineOption = None) -> None:
    """Fill in the example data. Running it twice changes nothing."""
    from devkit.database import operations

    with open_target(engine) as target:
        if target.seed is None:
            raise DevkitError(
                "the table names no seed folder",
                fix="postgres: {seed: dev/seed}",
                exit_code=ExitCode.USAGE,
            )
        done = operations.seed(target.url, target.seed, patience_for(target))
        say(f"devkit: seeded {', '.join(done)}" if done else f"devkit: no *.sql in {shown(target.seed)}")


def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    engine: EngineOption = None,
) -> None:
    """Delete all data and migrate from nothing. A database of your own is refused."""
    from devkit.database import migrating, operations

    say_where()
    with open_target(engine) as target:
        if target.external:
            raise DevkitError(
                "this is your own database; devkit does not wipe it", exit_code=ExitCode.REFUSED
            )
        of = f" ({target.where})" if target.where else ""
        if not yes and not ask(f"Delete everything in the development database{of}?"):
            raise DevkitError("nothing was deleted", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
        operations.wipe(target.url, patience_for(target))
        done = migrating.migrate(target.url, target.migrations, patience_for(target))
        tell(done.lines)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False, engine: EngineOption = None
) -> int:
    """Show the schema's revision and how many rows each table has. Exit 1 when migrations are missing."""
    from devkit.database import migrating, operations

    with open_target(engine) as target:
        found = operations.status(target.url, target.migrations, patience_for(target))
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
                    "waiting": [revision.file for revision in found.waiting],
                    "edited": [revision.file for revision in found.edited],
                }
            )
        )
    else:
        fix = "./devkit db migrate" + (f" --engine {engine}" if engine else "")
        emit(
            f"{found.address} (engine {target.engine}) is at {found.current or 'nothing'}"
            + ("" if found.is_current or found.unknown else f"; newest is {found.target}: {fix}")
        )
        if found.unknown:
            emit(f"{found.unknown.message}\n    → {found.unknown.fix}")
        for line in migrating.remarks(found.waiting, found.edited, target.migrations):
            emit(line)
        if found.rows:
            print_table(("table", "rows"), [(name, str(count)) for name, count in found.rows.items()])
    return ExitCode.OK if found.is_current else ExitCode.CHECK_FAILED
