"""`devkit db …`: the platform's database."""

from __future__ import annotations

import typer

from devkit.commands.db.check import check
from devkit.commands.db.cohabit import cohabit
from devkit.commands.db.contents import reset, seed, status
from devkit.commands.db.migrate import migrate
from devkit.commands.db.revision import revision
from devkit.commands.db.rollback import redo, rollback

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="The platform's database.",
)  # fmt: skip
for _command in (migrate, status, seed, reset, revision, rollback, redo, check, cohabit):
    app.command()(_command)
