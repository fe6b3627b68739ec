"""Captured webhooks under a name of one's own: copies, which stay when the captures are cleared away."""

from __future__ import annotations

import re
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.paths import state_dir

__all__ = ["LAST", "file_of", "names", "remove_named", "require_name", "save_as"]

LAST = "last"
# Small letters alone: on a disk that knows no case, `Paid` would be `paid`.
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_LIKE_AN_ID = re.compile(r"\d{8}-\d{6}-\d+")


def names(root: Path) -> list[str]:
    """All that there are."""
    return sorted(path.stem for path in _folder(root).glob("*.json") if _NAME.fullmatch(path.stem))


def file_of(root: Path, name: str) -> Path:
    """Where the one of that name is kept."""
    return _folder(root) / f"{name}.json"


def require_name(name: str) -> None:
    """Raises DevkitError (exit 2) for what no capture can be called."""
    if not _NAME.fullmatch(name):
        raise DevkitError(
            f"{name!r} is no name for a captured webhook",
            fix="up to 64 of a-z, 0-9, '-', '_' and '.', a letter or digit first and last: paid-twice",
            exit_code=ExitCode.USAGE,
        )
    if name == LAST or _LIKE_AN_ID.fullmatch(name):
        raise DevkitError(
            f"{name!r} already means a captured webhook", fix="choose another name", exit_code=ExitCode.USAGE
        )


def save_as(root: Path, content: bytes, name: str, *, replace: bool = False) -> None:
    """Keeps a capture's file under a name, readable by its owner alone. Raises DevkitError (exit 2) for a name that cannot be
    one, (exit 5) for one that is taken, unless it is to `replace` that one."""
    require_name(name)
    path = file_of(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600, exist_ok=replace)
    except FileExistsError:
        raise DevkitError(
            f"there is a captured webhook {name} already",
            fix="another name, or --replace",
            exit_code=ExitCode.REFUSED,
        ) from None
    replace_file(path, content, mode=0o600)


def remove_named(root: Path, name: str) -> None:
    """Forgets it; what it was saved from stays. Raises DevkitError (exit 2) when there is none."""
    known = names(root)
    if name not in known:
        raise DevkitError(
            f"no captured webhook is called {name!r}",
            fix=f"there is {', '.join(known)}" if known else "./devkit webhook captures save last NAME",
            exit_code=ExitCode.USAGE,
        )
    file_of(root, name).unlink(missing_ok=True)


def _folder(root: Path) -> Path:
    return state_dir(root) / "webhooks" / "named"
