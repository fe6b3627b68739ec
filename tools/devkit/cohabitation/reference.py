"""The code that runs now: which commit it is, and its files in a folder of their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.proc import Answer, NoAnswer, ask_program
from devkit.database.check.since import left_main

__all__ = ["Reference", "choose_reference", "differs", "export"]

_SOON, _FILES = 30.0, 300.0


@dataclass(frozen=True)
class Reference:
    """`name` is how people call the commit; `why` says how it was chosen, empty where they named it."""

    commit: str
    name: str
    why: str = ""

    def __str__(self) -> str:
        return self.commit[:8] if self.commit.startswith(self.name) else f"{self.name} ({self.commit[:8]})"


def choose_reference(root: Path, ref: str | None, migrations: str) -> Reference:
    """The commit that `ref` names. Default: where this branch left the main one; where nothing has changed since, the commit
    before the last one that changed the folder of `migrations`.

    Raises DevkitError (exit 2) for a ref that git does not know, or when there is no such commit.
    """
    if ref is not None:
        commit = _commit(root, ref)
        if not commit:
            message = f"git knows no {ref}"
            raise DevkitError(message, fix="REF is a branch, a tag or a commit", exit_code=ExitCode.USAGE)
        return Reference(commit, ref)
    commit, name = left_main(root)
    if commit and differs(root, commit):
        return Reference(commit, commit[:8], f"where this branch left {name}")
    last = _git(root, "log", "-1", "--format=%H", "--", migrations).out.strip()
    if last and (commit := _commit(root, f"{last}^")):
        return Reference(commit, commit[:8], f"the commit before the last one that changed {migrations}/")
    raise DevkitError(
        "git knows no earlier code to run beside this",
        fix="name a branch, a tag or a commit: ./devkit db cohabit v1.4",
        exit_code=ExitCode.USAGE,
    )


def differs(root: Path, commit: str) -> bool:
    """Whether the clone's files, uncommitted ones too, are others than those of a commit."""
    if _git(root, "diff", "--quiet", commit, "--", ".").code:
        return True
    return bool(_git(root, "ls-files", "--others", "--exclude-standard", "--", ".").out.strip())


def export(root: Path, commit: str, folder: Path) -> Path:
    """Writes the files of a commit into `folder`; the path of those of `root`, which may be part of a larger repository.
    Nothing of the clone is touched, not even git's index. Raises DevkitError."""
    prefix = _git(root, "rev-parse", "--show-prefix").out.strip()
    folder.mkdir(mode=0o700)
    index = {**os.environ, "GIT_INDEX_FILE": str(folder.with_name(f"{folder.name}.index"))}
    for words in (["read-tree", commit], ["checkout-index", "--all", f"--prefix={folder}/"]):
        done = _git(root, *words, seconds=_FILES, environ=index)
        if done.code:
            raise DevkitError(f"git does not give the files of {commit[:8]}: {done.last_line}")
    return folder / prefix


def _commit(root: Path, ref: str) -> str:
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return _git(root, *words).out.strip()


def _git(root: Path, *words: str, seconds: float = _SOON, environ: dict[str, str] | None = None) -> Answer:
    try:
        return ask_program(["git", *words], timeout=seconds, folder=root, environ=environ or os.environ)
    except NoAnswer as reason:
        raise DevkitError(str(reason), exit_code=ExitCode.TOOL_MISSING) from None
