"""`devkit webhook captures`: what listen kept; `save` gives one a name, `remove` takes the name away again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devkit.base.console import ask, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root, table_file
from devkit.base.terminal_text import one_line
from devkit.commands.completion import capture_names
from devkit.table.load import read_table
from devkit.webhooks.capture import capture_file, captures, provider_of, read_capture
from devkit.webhooks.named import names, remove_named, save_as
from devkit.webhooks.payload import parse_body
from devkit.webhooks.provider import Provider
from devkit.webhooks.providers import providers

__all__ = ["app", "list_captures"]

app = typer.Typer(
    add_completion=False, invoke_without_command=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="List the webhooks that listen kept; keep one under a name, for replay and verify.",
)  # fmt: skip


@app.callback()
def _all(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        root = project_root()
        list_captures(root, providers(read_table(table_file(root))))


@app.command()
def save(
    id: Annotated[
        str,
        typer.Argument(
            metavar="ID|last", autocompletion=capture_names, help="The id that listen shows, or `last`."
        ),
    ],
    name: Annotated[str, typer.Argument(help="For example paid-twice.")],
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite the one that has this name.")] = False,
) -> None:
    """Keep a captured webhook under a name: `webhook replay NAME` sends it."""
    root = project_root()
    capture = read_capture(root, id)
    save_as(root, capture_file(root, id).read_bytes(), name, replace=replace)
    say(f"devkit: {capture.id} is saved as {name}; ./devkit webhook replay {name} sends it")


@app.command()
def remove(
    name: Annotated[
        str, typer.Argument(autocompletion=capture_names, help="The name that it was saved under.")
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a named capture."""
    root = project_root()
    if not yes and name in names(root) and not ask(f"Remove the captured webhook {name}?"):
        raise DevkitError("nothing was removed", fix="answer y, or use --yes", exit_code=ExitCode.USAGE)
    remove_named(root, name)
    say(f"devkit: the captured webhook {name} is removed")


def list_captures(root: Path, known: tuple[Provider, ...]) -> None:
    """Prints all: those that have a name first."""
    rows = []
    for id in (*names(root), *captures(root)):
        try:
            capture = read_capture(root, id)
        except DevkitError as problem:
            say(f"devkit: {problem}")
            continue
        sender = provider_of(capture.by_name, known)
        try:
            topic = sender.topic_of(capture.by_name, parse_body(capture.body, sender)) if sender else ""
        except DevkitError:
            topic = ""
        path, size = one_line(capture.path), str(len(capture.body))
        rows.append((id, sender.name if sender else "", one_line(topic), path, size))
    if rows:
        print_table(("name or id", "provider", "topic", "path", "bytes"), rows)
    else:
        say("devkit: no webhooks captured yet; ./devkit webhook listen captures what arrives")
