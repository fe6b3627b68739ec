"""Where the repository that devkit works on is, and where devkit itself is."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode

__all__ = [
    "INSTALLATION", "ROOT_VARIABLE", "STATE_FOLDER", "Chosen", "choose_root", "chosen_root", "code_folders", "devkit_program", "has_launcher",
    "project_root", "state_dir", "table_file",
]  # fmt: skip

ROOT_VARIABLE = "DEVKIT_ROOT"
# The folder with devkit's own launcher, locks and tools; the platform's repository may be another.
INSTALLATION = Path(__file__).resolve().parents[3]
# What a clone keeps between calls is in here.
STATE_FOLDER = ".devkit"
_TABLE = Path("dev") / "services.yaml"
# What a repository's path must not contain, and which tool underneath cannot take it. Of devkit's own folder the launcher
# says so before anything is installed.
_UNFIT = dict.fromkeys('"$`', "initdb (Postgres)") | {"\\": "Node.js, and initdb (Postgres),", "?": "Vite"}


@dataclass(frozen=True)
class Chosen:
    """The repository that devkit works on; `named`: by `--root` or DEVKIT_ROOT, not found."""

    root: Path
    named: bool


def code_folders() -> list[str]:
    """The folders that devkit's own packages are imported from."""
    found = [importlib.util.find_spec(name) for name in ("devkit", "signatures")]
    return [str(Path(spec.origin).parents[1]) for spec in found if spec and spec.origin]


def project_root() -> Path:
    """The repository that devkit works on: DEVKIT_ROOT (which `--root` sets), else the nearest folder at or above the
    current one that has a table, else the one that devkit lies in.

    Raises DevkitError (exit 2) when there is no table in any of them, or in one that belongs to another user.
    """
    return chosen_root().root


def chosen_root() -> Chosen:
    """The same, and how it was found. Raises DevkitError (exit 2) when there is none."""
    if override := os.environ.get(ROOT_VARIABLE):
        return Chosen(_fit(Path(override).resolve()), named=True)
    try:
        here = Path.cwd()
    except OSError:  # deleted meanwhile
        here = INSTALLATION
    for folder in (here, *here.parents):
        if table_file(folder).is_file():
            _refuse_foreign(folder)
            return Chosen(_fit(folder), named=False)
    if table_file(INSTALLATION).is_file():
        return Chosen(INSTALLATION, named=False)
    looked = here if here == INSTALLATION else f"{here} and above it, and not in {INSTALLATION}"
    raise DevkitError(
        f"no {_TABLE} in {looked}",
        fix="run devkit in a repository that has one, or name the repository: ./devkit --root PATH …",
        exit_code=ExitCode.USAGE,
    )


def choose_root(given: Path) -> None:
    """Makes `given` the repository of this process and of all that it starts.

    Raises DevkitError (exit 2) when it is no folder with a table.
    """
    with contextlib.suppress(RuntimeError):  # `~` of a user who has no home
        given = given.expanduser()
    root = given.resolve()
    if not table_file(root).is_file():
        what = f"has no {_TABLE}" if root.is_dir() else "is not a folder"
        raise DevkitError(
            f"--root {given} {what}",
            fix=f"name the folder that holds {_TABLE.parent}/",
            exit_code=ExitCode.USAGE,
        )
    os.environ[ROOT_VARIABLE] = str(_fit(root))


def _fit(root: Path) -> Path:
    """The folder. Raises DevkitError (exit 2) when a tool underneath could not work there."""
    if root == INSTALLATION:
        return root
    for character in str(root):
        control = ord(character) < 32 or ord(character) == 127
        if control or character in _UNFIT:
            what = "a line break or another control character" if control else character
            raise DevkitError(
                f"the path of this repository contains {what}, which {_UNFIT.get(character, 'initdb (Postgres)')} cannot take: {root}",
                fix="rename that folder",
                exit_code=ExitCode.USAGE,
            )
    return root


def devkit_program(root: Path) -> str:
    """How a program in the folder `root` starts devkit: by the launcher there, else by devkit's own."""
    return "./devkit" if has_launcher(root) else str(INSTALLATION / "devkit")


def has_launcher(root: Path) -> bool:
    """Whether `./devkit` starts devkit in the folder `root`."""
    return os.access(root / "devkit", os.X_OK) and (root / "devkit").is_file()


def _refuse_foreign(root: Path) -> None:
    """A table may name code of its repository, which nobody should run just by being in a folder below another user's."""
    owner = table_file(root).stat().st_uid
    if root != INSTALLATION and owner not in (os.getuid(), 0):
        raise DevkitError(
            f"{root / _TABLE} belongs to another user (uid {owner})",
            fix=f"if you trust it: ./devkit --root {root} …",
            exit_code=ExitCode.USAGE,
        )


def table_file(root: Path) -> Path:
    """The service table of a repository."""
    return root / _TABLE


def state_dir(root: Path) -> Path:
    """`.devkit/`: what a clone keeps between calls (data, logs, control socket). Private, git-ignored, made here.

    Raises DevkitError when it cannot be.
    """
    folder = root / STATE_FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise DevkitError(
            f"{folder.name} cannot be a folder here: {problem.strerror}",
            fix="devkit keeps data and logs in it",
        ) from None
    return folder
