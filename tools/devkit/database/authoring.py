"""New revisions: Alembic's, in the format that the repository's linter wants."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import alembic
from alembic import command
from alembic.autogenerate import renderers
from alembic.operations.ops import DropColumnOp, DropTableOp, MigrateOperation, OpContainer
from alembic.script import Script
from alembic.util import CommandError

from devkit.base.errors import DevkitError, ExitCode
from devkit.database.history import History, alembic_config

__all__ = ["merge", "new_revision"]

_TEMPLATE = "script.py.mako"
# What is imported for what is still to be written stays.
_RUFF = (["check", "--fix", "--unfixable", "F401", "--quiet"], ["format", "--quiet"])


def new_revision(folder: Path, message: str, url: str | None = None) -> Path | None:
    """A revision after the newest one; its file. With the `url` of an up-to-date database, what its tables lack of the
    models is written into it; None when they lack nothing.

    Raises DevkitError: exit 2 for a message that no file can be named after, an env.py without models, a history with
    several heads; nothing is left then.
    """
    head = History(folder).head
    add_template(folder)

    def settle(_context: object, _heads: object, directives: list[Any]) -> None:
        upgrade = directives[0].upgrade_ops
        if url is not None and upgrade.is_empty():
            directives.clear()
        elif _drops(upgrade):
            upgrade.ops.insert(0, _Hold())

    if url is not None:
        os.environ["DATABASE_URL"] = url
    config = alembic_config(folder)
    config.cmd_opts = Namespace(
        quiet=True, autogenerate=url is not None
    )  # as env.py may ask for, under `alembic` too
    try:
        made = command.revision(
            config, _message(message), autogenerate=url is not None, head=head or "head",
            process_revision_directives=settle,
        )  # fmt: skip
    except CommandError as problem:
        raise _refused(folder, problem) from None
    return _finished(made)


def merge(folder: Path, message: str) -> Path:
    """The revision that two lines of migrations meet in. Raises DevkitError (exit 2) when there is one line."""
    history = History(folder)
    if len(history.heads) < 2:
        raise DevkitError(f"{folder.name} has one head: there is nothing to merge", exit_code=ExitCode.USAGE)
    add_template(folder)
    made = command.merge(alembic_config(folder), [each.id for each in history.heads], _message(message))
    file = _finished(made)
    assert file is not None
    return file


def add_template(folder: Path) -> None:
    """Alembic's own template, in a folder that has none."""
    if not (folder / _TEMPLATE).exists():
        source = Path(alembic.__file__).parent / "templates" / "generic" / _TEMPLATE
        shutil.copyfile(source, folder / _TEMPLATE)


def _message(text: str) -> str:
    """One line that any docstring can hold."""
    found = " ".join(text.split()).replace('"', "'").replace("\\", "/")
    if not any(each.isalnum() for each in found):
        raise DevkitError(
            "a revision needs a message, which names its file",
            fix='./devkit db revision "add notes to orders"',
            exit_code=ExitCode.USAGE,
        )
    return found


def _finished(made: Script | list[Script | None] | None) -> Path | None:
    script = next(iter(made), None) if isinstance(made, list) else made
    if script is None:
        return None
    file = Path(script.path)
    ruff = shutil.which(
        "ruff", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    )
    if ruff:
        for words in _RUFF:
            subprocess.run([ruff, *words, str(file)], capture_output=True, check=False)
    return file


class _Hold(MigrateOperation):
    """A line in an upgrade() by which it waits until somebody has read it."""


@renderers.dispatch_for(_Hold)
def _held(_context: object, _operation: object) -> str:
    return "pass  # something is dropped (a rename looks like that): read it, then delete this line"


def _drops(operations: OpContainer) -> bool:
    return any(
        _drops(each) if isinstance(each, OpContainer) else isinstance(each, DropTableOp | DropColumnOp)
        for each in operations.ops
    )


def _refused(folder: Path, problem: CommandError) -> DevkitError:
    said = " ".join(str(problem).split())
    if "not up to date" in said:
        said = "the models are compared with the database, which lacks migrations"
        return DevkitError(said, fix="./devkit db migrate", exit_code=ExitCode.USAGE)
    if "MetaData" in said:
        return DevkitError(
            f"{folder.name}/env.py gives Alembic no models to compare with",
            fix="context.configure(…, target_metadata=Base.metadata)",
            exit_code=ExitCode.USAGE,
        )
    return DevkitError(f"{folder.name}: {said}", exit_code=ExitCode.USAGE)
