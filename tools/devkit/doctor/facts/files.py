"""What lies at a path."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from devkit.base.users import user_name
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json

__all__ = ["There", "me", "owner_name", "there"]

_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISSOCK, "socket"))


@dataclass(frozen=True)
class There:
    """`kind` is file, folder, socket, other, or empty where nothing is. `mode` are its permission bits, `owner` a name where
    the system knows one, `real` the path without links. `problem`: why it cannot be looked at, in the system's words."""

    kind: str = ""
    mode: int = 0
    runnable: bool = False
    writable: bool = False
    uid: int = -1
    owner: str = ""
    real: str = ""
    problem: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file, or a link to one."""
        return self.kind == "file"

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, or a link to one."""
        return self.kind == "folder"

    def __bool__(self) -> bool:
        return bool(self.kind)


def there(machine: Machine, path: Path | str) -> There:
    """What lies at a path; links are followed. A relative one is the clone's."""
    named = str(path).startswith(("/", "~", "<"))  # `~` and `<clone>` are a recorded machine's home and clone
    return There(**_path(machine, path if named else machine.root / path))


@observed("path")
def _path(_: Machine, path: Path | str) -> dict[str, Json]:
    try:
        found = Path(path).stat()
        real = os.path.realpath(path)
    except (FileNotFoundError, NotADirectoryError):
        return {"real": os.path.realpath(path)}
    except (OSError, ValueError) as problem:
        return {"problem": getattr(problem, "strerror", None) or str(problem)}
    kind = next((name for fits, name in _KINDS if fits(found.st_mode)), "other")
    return {
        "kind": kind,
        "mode": stat.S_IMODE(found.st_mode),
        "runnable": os.access(path, os.X_OK),
        "writable": os.access(path, os.W_OK),
        "uid": found.st_uid,
        "owner": owner_name(found.st_uid),
        "real": real,
    }


def owner_name(uid: int) -> str:
    """Whose something is: a user's name where the system knows one."""
    return user_name(uid) or f"the user {uid}"


@observed("user")
def me(_: Machine) -> dict[str, Json]:
    """Who runs this: `uid`, and `name`, None where the system has none for it."""
    return {"uid": os.geteuid(), "name": user_name(os.geteuid())}
