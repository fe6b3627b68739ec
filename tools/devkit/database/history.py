"""The folder of migrations: its revisions, those that wait to be written, and the line from one to the next."""

from __future__ import annotations

import ast
import contextlib
import subprocess
import traceback
import warnings
from argparse import Namespace
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError, to_tuple

from devkit.base.errors import DevkitError, ExitCode

__all__ = ["History", "Revision", "alembic_config", "remote_branch", "same_code"]


@dataclass(frozen=True)
class Revision:
    """A migration. `down`: what it follows, several for a merge; `source`: the text of `file`, a name without a folder."""

    id: str
    down: tuple[str, ...]
    file: str
    source: str

    @property
    def waits(self) -> bool:
        """Whether its upgrade() is still to be written: it is empty, or has a `pass`. A merge has nothing to write."""
        body = _body(self.source, "upgrade")
        return len(self.down) < 2 and body is not None and (not body or any(map(_is_pass, body)))

    @property
    def is_one_way(self) -> bool:
        """Whether its upgrade() does something and its downgrade() nothing."""
        return _does_something(self.source, "upgrade") and not self.can_go_back

    @property
    def can_go_back(self) -> bool:
        """Whether its downgrade() does something."""
        return _does_something(self.source, "downgrade")


class History:
    """The revisions of a folder, or of `versions` in place of its own.

    Raises DevkitError (exit 2) for a folder that Alembic cannot read; what needs the head does for one that has several.
    """

    def __init__(self, folder: Path, versions: Path | None = None) -> None:
        self.config = alembic_config(folder, versions)
        _forget_compiled(versions or folder / "versions")
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Revision .* is present more than once")
            try:
                self._script = ScriptDirectory.from_config(self.config)
                scripts = list(self._script.walk_revisions())
                heads = self._script.get_heads()
            except Exception as problem:  # revisions are imported, and may fail in any way
                raise _unreadable(folder, problem) from None
        self.revisions = {
            each.revision: Revision(
                each.revision,
                to_tuple(each.down_revision, default=()),
                Path(each.path).name,
                Path(each.path).read_text("utf-8"),
            )
            for each in scripts
        }
        self._folder = folder
        self.heads = [self.revisions[name] for name in heads]

    @property
    def head(self) -> str | None:
        """The newest revision; None where there is none. Raises DevkitError (exit 2) when there are several."""
        if len(self.heads) > 1:
            raise _several_heads(self._folder, self.heads)
        return self.heads[0].id if self.heads else None

    def path_of(self, name: str) -> Path:
        """The file of a revision."""
        return Path(self._script.get_revision(name).path)

    def line(self, to: str | None) -> tuple[Revision, ...]:
        """What leads to a revision, in the order in which it is applied."""
        return tuple(reversed(self.applied(to)))

    def upgrade(self, to: str) -> None:
        """As `alembic upgrade`, for many calls: the revisions are not read again. Raises whatever they do."""
        script = self._script

        def steps(current: Any, _context: object) -> Any:
            return script._upgrade_revs(to, current)

        with EnvironmentContext(self.config, script, fn=steps, destination_rev=to):
            script.run_env()

    def target(self, current: str | None) -> str | None:
        """The newest revision to upgrade to: the head, or what comes before those that wait. Never before `current`."""
        waiting = self.waiting(current)
        if not waiting:
            return self.head
        return waiting[0].down[0] if waiting[0].down else None

    def waiting(self, current: str | None) -> tuple[Revision, ...]:
        """The revisions at the end of the line whose upgrade() is empty and that are not applied, oldest first."""
        found: list[Revision] = []
        name = self.head
        while name is not None and name != current and (revision := self.revisions[name]).waits:
            found.insert(0, revision)
            name = revision.down[0] if revision.down else None
        return tuple(found)

    def applied(self, current: str | None) -> tuple[Revision, ...]:
        """`current` and all that it follows, newest first."""
        if current is None or current not in self.revisions:
            return ()
        return tuple(
            self.revisions[each.revision] for each in self._script.iterate_revisions(current, "base")
        )


class _Config(Config):
    """Alembic hands the folder's path to ConfigParser as it is, where a percent sign would have to be doubled."""

    @cached_property
    def file_config(self) -> ConfigParser:
        assert self.config_file_name is not None
        file = Path(self.config_file_name).absolute()
        parser = ConfigParser({"here": file.parent.as_posix().replace("%", "%%")})
        parser.read(file, "utf-8")
        return parser


def _forget_compiled(versions: Path) -> None:
    """Python takes compiled code for that of the source by its size and second: an edit may have changed neither."""
    for compiled in (versions / "__pycache__").glob("*.pyc"):
        with contextlib.suppress(OSError):
            compiled.unlink()


def alembic_config(folder: Path, versions: Path | None = None) -> Config:
    """The folder's alembic.ini; with `versions`, revisions are read from there. Alembic prints nothing.

    Raises DevkitError (exit 2) without one.
    """
    file = folder / "alembic.ini"
    if not file.is_file():
        raise DevkitError(f"{folder.name} has no alembic.ini", fix="alembic init", exit_code=ExitCode.USAGE)
    config = _Config(str(file))
    config.cmd_opts = Namespace(quiet=True)
    if versions is not None:
        config.set_main_option("version_locations", str(versions).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
    return config


def remote_branch(folder: Path, file: str) -> str:
    """A remote branch that has a revision, from which others may have applied it; empty where git knows of none."""
    path = next(folder.rglob(file), folder / file)
    try:
        added = _git(folder, "log", "--diff-filter=A", "-1", "--format=%H", "--", str(path))
        found = (
            _git(folder, "branch", "--remotes", "--format=%(refname:short)", "--contains", added)
            if added
            else ""
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return next(iter(found.splitlines()), "")


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def _function(source: str, name: str) -> ast.FunctionDef | None:
    """A migration's function; None when it has none of this name."""
    tree = ast.parse(source).body
    return next((each for each in tree if isinstance(each, ast.FunctionDef) and each.name == name), None)


def _body(source: str, name: str) -> list[ast.stmt] | None:
    """The statements without a docstring and `...`."""
    found = _function(source, name)
    if found is None:
        return None
    return [
        each
        for each in found.body
        if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    ]


def _is_pass(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass)


def _does_something(source: str, name: str) -> bool:
    return not all(map(_is_pass, _body(source, name) or []))


def same_code(one: str, other: str) -> bool:
    """Whether two texts of a migration do the same: comments, format and the text on top do not count."""
    return one == other or _code(one) == _code(other)


def _code(source: str) -> str:
    tree = ast.parse(source)
    if tree.body and isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        del tree.body[0]
    return ast.dump(tree)


def _unreadable(folder: Path, problem: Exception) -> DevkitError:
    said = " ".join(str(problem).split()) or type(problem).__name__
    frames = [each for each in traceback.extract_tb(problem.__traceback__) if str(folder) in each.filename]
    if frames and not isinstance(problem, CommandError):
        said = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}: {said}"
    fix = "two branches took the same: give one file another revision" if "more than once" in said else None
    return DevkitError(f"{folder.name}: {said}", fix=fix, exit_code=ExitCode.USAGE)


def _several_heads(folder: Path, heads: list[Revision]) -> DevkitError:
    names = " and ".join(sorted(revision.file for revision in heads))
    return DevkitError(
        f"{folder.name}: multiple heads: nothing follows {names}",
        fix="two branches added one each: let the newer one's down_revision name the other, "
        'or ./devkit db revision --merge "…"',
        exit_code=ExitCode.USAGE,
    )
