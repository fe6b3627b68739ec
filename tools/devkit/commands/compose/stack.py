"""Which project a command means that looks at a running stack, or changes one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from devkit.base.console import say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import chosen_root, table_file
from devkit.commands.compose.options import ProjectOptions
from devkit.compose.audit.stack import Stack
from devkit.compose.docker import Docker
from devkit.compose.finding_files import has_file
from devkit.model import Table
from devkit.table.load import read_table

__all__ = ["docker_of", "repository", "secret_values", "stack_of"]

_ENV, _EXAMPLE = ".env", ".env.example"
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$|DSN$|DATABASE_URL")


def repository() -> tuple[Path, Table] | None:
    """The repository that this is called in or for, and its table; None outside of one. Raises DevkitError (exit 2) for a
    table with errors."""
    try:
        chosen = chosen_root()
    except DevkitError:
        return None
    if not chosen.named and not Path.cwd().is_relative_to(chosen.root):
        return None  # devkit's own, which is elsewhere
    return chosen.root, read_table(table_file(chosen.root))


def stack_of(form: ProjectOptions) -> tuple[ProjectOptions, Stack]:
    """The project that the options name; without any, the one whose Compose file is in this folder or, inside the repository,
    above it; else the staging project of the repository's table. The options come back with which it was.

    Raises DevkitError (exit 2) where there is none, Compose would refuse it, or it has no .env yet.
    """
    form = _with_staging(form)
    try:
        return form, Stack(form.load())
    except DevkitError:
        folder = _folder(form)
        if form.env_files or (folder / _ENV).exists() or not (folder / _EXAMPLE).is_file():
            raise
        shown = _shown(folder / _ENV)
        raise DevkitError(
            f"there is no {shown}, which says what is deployed: names, image tags, secrets",
            fix=f"cp {_shown(folder / _EXAMPLE)} {shown}, and fill it in; or --env-file FILE",
            exit_code=ExitCode.USAGE,
        ) from None


def docker_of(form: ProjectOptions, context: str | None) -> Docker:
    """The docker CLI, led to the same project. Compose's words are absolute paths: they hold in every folder."""
    words: list[str] = []
    for option, values in (
        ("-p", [form.project_name] if form.project_name else []),
        ("--project-directory", [form.project_directory] if form.project_directory else []),
        ("--env-file", form.env_files or []),
        ("--profile", form.profiles or []),
        ("-f", form.files or []),
    ):
        for value in values:
            words += [option, str(value.absolute() if isinstance(value, Path) else value)]
    return Docker(context, tuple(words))


def secret_values(stack: Stack, known: tuple[Path, Table] | None) -> set[str]:
    """Values of a project's variables that must not be shown: those that the table calls secret, or that are called so."""
    named: set[str] = set()
    if known is not None:
        table = known[1]
        own = table.staging.variables.values() if table.staging else ()
        named = {*table.secrets, *(each.name for each in own if each.secret)}
    return {
        service.text("environment", name)
        for service in stack.services
        for name in service.entries("environment")
        if name in named or _SECRET.search(name)
    }


def _with_staging(form: ProjectOptions) -> ProjectOptions:
    if form.files or form.project_directory or os.environ.get("COMPOSE_FILE"):
        return form
    known = repository()
    if any(map(has_file, _upwards(known[0] if known else None))):
        return form
    if known is None or known[1].staging is None:
        return form  # Compose's own words say what is missing
    folder = known[0] / known[1].staging.folder
    say(f"devkit: no Compose file here; this is about the project in {_shown(folder)}")
    return replace(form, project_directory=folder)


def _upwards(root: Path | None) -> Iterator[Path]:
    """The current folder and those above it, up to the repository's."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        yield folder
        if folder == root:
            return


def _folder(form: ProjectOptions) -> Path:
    return form.project_directory or (form.files[0].parent if form.files else Path.cwd())


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path)
