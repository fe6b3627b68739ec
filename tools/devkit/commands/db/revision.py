"""`devkit db revision`."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.commands.db.target import open_target, shown
from devkit.commands.options import EngineOption

__all__ = ["revision"]


def revision(
    message: Annotated[str, typer.Argument(help="What it changes; its file is named after this.")],
    autogenerate: Annotated[
        bool,
        typer.Option("--autogenerate", "-a", help="Write what the database lacks of the models."),
    ] = False,
    merge: Annotated[bool, typer.Option("--merge", help="Join what two branches added.")] = False,
    engine: EngineOption = None,
) -> None:
    """Add a migration after the newest one; prints its file. An empty one is not applied until it is written."""
    from devkit.database import authoring
    from devkit.database.target import migrated_service
    from devkit.table.load import read_table

    if merge and autogenerate:
        raise DevkitError(
            "--merge and --autogenerate exclude each other", fix="leave one out", exit_code=ExitCode.USAGE
        )
    folder = project_root() / str(migrated_service(read_table(table_file(project_root()))).migrations)
    if merge:
        file = authoring.merge(folder, message)
    elif autogenerate:
        with open_target(engine) as target:
            found = authoring.new_revision(folder, message, target.url)
        if found is None:
            say("devkit: the database has all that the models say; nothing was written")
            return
        file = found
        say("devkit: read it: a rename, say, is generated as drop and add")
    else:
        made = authoring.new_revision(folder, message)
        assert made is not None
        file = made
        say("devkit: it waits until its upgrade() is written")
    emit(shown(file))
