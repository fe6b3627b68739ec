"""Completion in shells: Typer's, for a program that is called by its path (`./devkit`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from devkit.base.console import emit, say
from devkit.base.errors import DevkitError, ExitCode

if TYPE_CHECKING:
    from devkit.model import Table

__all__ = [
    "VARIABLE",
    "capture_names",
    "install_completion",
    "provider_names",
    "revision_names",
    "service_names",
    "show_completion",
    "story_names",
    "topic_names",
]

# Set by the shell's script, for which a call prints words instead of doing anything.
VARIABLE = "_DEVKIT_COMPLETE"
# How each shell's script calls the program that is being completed, by what is typed for it.
_CALLED_AS = {
    "bash": "$1",
    "zsh": "${~words[1]}",
    "fish": "(string replace -r '^~/' ~/ -- (commandline -opc)[1])",
}


def show_completion(shell: str | None) -> None:
    """Prints the shell's script. Raises DevkitError (exit 2) for a shell without one."""
    if shell is not None:
        emit(_script(shell))
        raise typer.Exit


def install_completion(shell: str | None) -> None:
    """Writes the script where the shell reads it at its start. Raises DevkitError (exit 2) for a shell without one."""
    if shell is not None:
        from typer._completion_shared import install

        script = _script(shell)
        _, path = install(shell=shell, prog_name="devkit", complete_var=VARIABLE)
        Path(path).write_text(f"{script}\n")
        say(
            f"devkit: completion for {shell} is in {path}; it works in the next shell, wherever a devkit is called"
        )
        raise typer.Exit


def service_names(incomplete: str) -> list[str]:
    """The services and groups that begin so, for an argument's `autocompletion`; none where the table cannot be read."""
    from devkit.table.overrides import groups

    _, table = _repository()
    names = (*table.services, *groups(table)) if table else ()
    return [name for name in names if name.startswith(incomplete)]


def provider_names(incomplete: str) -> list[str]:
    """The providers of webhooks that begin so; devkit's own alone where the table cannot be read."""
    from devkit.webhooks.providers import providers

    root, table = _repository()
    names = [each.name for each in providers(table)] if root else []
    return [name for name in names if name.startswith(incomplete)]


def story_names(incomplete: str) -> list[str]:
    """The stories of webhooks that begin so."""
    from devkit.webhooks.story import stories

    root, _ = _repository()
    names = stories(root / "dev" / "webhooks" / "stories") if root else []
    return [name for name in names if name.startswith(incomplete)]


def capture_names(incomplete: str) -> list[str]:
    """The names of captured webhooks that begin so, then their ids, the newest first, and `last`."""
    from devkit.webhooks.capture import captures
    from devkit.webhooks.named import LAST, names

    root, _ = _repository()
    known = [*names(root), LAST, *reversed(captures(root))] if root else []
    return [name for name in known if name.startswith(incomplete)]


def topic_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The topics that begin so, of which the repository has an example."""
    from devkit.webhooks.payload import topics

    provider = str(ctx.params.get("provider_name") or "")
    root, _ = _repository()
    if root is None or not provider.replace("-", "_").isidentifier():
        return []
    return [topic for topic in topics(root / "dev" / "webhooks" / provider) if topic.startswith(incomplete)]


def revision_names(incomplete: str) -> list[str]:
    """The migrations that begin so, newest first, and `base`; none where they cannot be read."""
    from devkit.database.history import History

    root, table = _repository()
    if root is None or table is None:
        return []
    folders = [service.migrations for service in table.services.values() if service.migrations]
    try:
        names = [name for folder in folders for name in History(root / folder).revisions]
    except DevkitError:
        return []
    return [name for name in (*names, "base") if name.startswith(incomplete)]


def _repository() -> tuple[Path | None, Table | None]:
    """Where it is, and its table; None for what there is not, or cannot be read: a completion says nothing of mistakes."""
    from devkit.base.paths import project_root, table_file
    from devkit.table.load import load_table

    try:
        root = project_root()
    except DevkitError:
        return None, None
    return root, load_table(table_file(root))[0]


def _script(shell: str) -> str:
    if shell not in _CALLED_AS:
        raise DevkitError(
            f"no completion for {shell}", fix=f"shells: {', '.join(_CALLED_AS)}", exit_code=ExitCode.USAGE
        )
    # nothing public gives a script for a shell by its name
    from typer._completion_shared import get_completion_script

    script: str = get_completion_script(prog_name="devkit", complete_var=VARIABLE, shell=shell)
    for end in (")", '"'):
        script = script.replace(f" devkit{end}", f" {_CALLED_AS[shell]}{end}")
    return script
