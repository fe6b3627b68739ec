"""Which migrations are new: those that another git ref does not have, or has with other code."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.database.history import History, Revision, same_code

__all__ = ["Selection", "left_main", "mention", "select_new"]

_MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


@dataclass(frozen=True)
class Selection:
    """The revisions to check, oldest first. `together`: they are deployed at once, so one may do as it likes with what another
    made; else each is checked against the schema before it. `about` says which they are; `ref` is the code that still runs,
    empty where git does not know."""

    revisions: tuple[Revision, ...]
    together: bool
    about: str
    ref: str = ""


def select_new(
    root: Path, history: History, line: tuple[Revision, ...], since: str | None, all_: bool
) -> Selection:
    """Of `line` those that are new since a ref; by default since the place where this branch left the main one.

    Where there is neither git nor a main branch, all. Raises DevkitError (exit 2) for a ref that git does not know.
    """
    if all_:
        return Selection(line, False, f"all {len(line)} migrations")
    base, name = _base(root, since)
    if not base:
        return Selection(line, False, f"all {len(line)} migrations ({name})")
    known = _texts(base, history)
    new = tuple(each for each in line if each.file not in known or not _same(each.source, known[each.file]))
    told = f"{len(new)} of {len(line)} migrations: new since {name} ({base[:8]})"
    return Selection(new, True, told, base)


def _same(one: str, other: str) -> bool:
    try:
        return same_code(one, other)
    except SyntaxError:
        return False


def _base(root: Path, since: str | None) -> tuple[str, str]:
    """A commit, and how it is called; without one, why."""
    if since is not None:
        commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}")
        if not commit:
            raise DevkitError(
                f"git knows no {since}", fix="--since takes a branch, a tag or a commit; --all checks every migration",
                exit_code=ExitCode.USAGE,
            )  # fmt: skip
        return _git(root, "merge-base", "HEAD", commit) or commit, since
    return left_main(root)


def left_main(root: Path) -> tuple[str, str]:
    """The commit at which this branch left the main one, and how that is called; without one (empty), why."""
    for name in _MAIN:
        if _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"):
            if commit := _git(root, "merge-base", "HEAD", name):
                return commit, name
            return "", f"this clone is too shallow to know where {name} was left"
    return "", "git knows no main branch here"


def _texts(commit: str, history: History) -> dict[str, str]:
    """The texts of the folders' migrations in a commit, by the files' names."""
    found: dict[str, str] = {}
    for folder in sorted({history.path_of(name).parent for name in history.revisions}):
        changed = set(_names(folder, "diff", "--name-only", "-z", "--relative", commit, "--", "."))
        for name in _names(folder, "ls-tree", "--name-only", "-z", commit):
            if name in changed:
                found[name] = _git(folder, "show", f"{commit}:./{name}")
            elif (folder / name).is_file() and name.endswith(".py"):
                found[name] = (folder / name).read_text("utf-8")
    return found


def _names(folder: Path, *words: str) -> list[str]:
    return [name for name in _git(folder, *words).split("\0") if name]


def mention(root: Path, commit: str, name: str, history: History) -> str:
    """A place in the code of a commit that names something, as `file:line`; the migrations themselves do not count, nor texts
    for people. Empty: there is none."""
    folders = sorted({history.path_of(each).parent for each in history.revisions})
    skipped = [f":(exclude){each.relative_to(root)}" for each in folders if each.is_relative_to(root)]
    words = ["grep", "--full-name", "-n", "-w", "-I", "-F", "--max-count=1", "-e", name, commit, "--", "."]
    found = _git(root, *words, *skipped, ":(exclude)*.md", ":(exclude)*.lock").partition("\n")[0]
    _, file, line, *_ = [*found.split(":", 3), "", ""]
    return f"{file}:{line}" if file else ""


def _git(folder: Path, *words: str) -> str:
    """What git answers; empty where it refuses, or there is none."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
