"""`devkit secrets init|check|set`."""

from __future__ import annotations

import getpass
import sys
from datetime import date
from typing import Annotated

import typer

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.commands.options import ReportOptions
from devkit.commands.spread import spread
from devkit.findings.report import Report, suppress
from devkit.secrets import ensure_secrets, inspect_secrets, read_secrets, require_known, set_secret
from devkit.secrets.blank import is_white
from devkit.table.load import read_table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Development secrets: k8s/dev/secret.yaml, private to this clone.",
)  # fmt: skip


@app.command()
def init() -> None:
    """Make the file, or add keys that are missing. Nothing is overwritten."""
    root = project_root()
    table = read_table(table_file(root))
    added = ensure_secrets(root, table)
    read_secrets(root, table)  # says what is there and cannot be used
    say(f"devkit: generated {', '.join(added)}" if added else "devkit: nothing was missing")


@app.command()
@spread
def check(form: ReportOptions = ReportOptions()) -> int:
    """Say what is wrong with the file. Exit 1 on an error. Values are never shown."""
    root = project_root()
    table = read_table(table_file(root))
    found, silent = suppress(inspect_secrets(root, table), table.suppressions, date.today())
    report = Report("secrets check", found, suppressed=silent)
    if found or form.for_programs:
        return form.show(report)
    emit("development secrets are complete and private")
    return ExitCode.OK


@app.command(name="set")
def set_(name: Annotated[str, typer.Argument(help="The secret's name, as in the table.")]) -> None:
    """Set one secret. The value is asked for, or read from standard input; never an argument."""
    root = project_root()
    table = read_table(table_file(root))
    require_known(table, name)
    value = (
        getpass.getpass(f"{name}: ")
        if sys.stdin.isatty()
        else sys.stdin.read().removesuffix("\n").removesuffix("\r")
    )
    if not value:
        raise DevkitError(
            "no value was given",
            fix=f"type it, or pipe it: … | ./devkit secrets set {name}",
            exit_code=ExitCode.USAGE,
        )
    if is_white(value):
        raise DevkitError(
            f"{name} would be white space only, which is not a secret", exit_code=ExitCode.USAGE
        )
    if not value.isprintable():
        raise DevkitError("a secret is one line of printable text", exit_code=ExitCode.USAGE)
    set_secret(root, table, name, value)
    say(f"devkit: {name} is set; a running platform picks it up")
