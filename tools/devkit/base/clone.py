"""Which clone this is: an id in `.devkit/`, bound to the folder that it was made in, so that a copy is not taken for it."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.files import replace_file
from devkit.base.locks import held
from devkit.base.paths import STATE_FOLDER, state_dir
from devkit.base.process_identity import this_boot
from devkit.base.users import user_name

__all__ = [
    "CLONE_VARIABLE",
    "Clone",
    "CopiedState",
    "bind_clone",
    "folder_of",
    "forget_clone",
    "is_deserted",
    "is_ours",
    "known_clone",
    "owns",
    "server_name",
    "take_over",
]

# What everything that runs for a clone carries in its environment.
CLONE_VARIABLE = "DEVKIT_CLONE"
_FILE = "clone.json"


class CopiedState(DevkitError):
    """`.devkit/` is another clone's, or from a backup (exit 5)."""


@dataclass(frozen=True)
class Clone:
    """`.devkit/clone.json`. `device` and `inode` are those of the clone's folder, `path` where it was seen last, and `boot`
    the boot in which: numbers of devices may be others after the next."""

    id: str
    device: int
    inode: int
    path: str
    boot: str

    @property
    def mark(self) -> str:
        """What others carry to say whose they are: `ID@DEVICE:INODE`."""
        return f"{self.id}@{self.device}:{self.inode}"


def folder_of(root: Path) -> tuple[int, int]:
    """Device and inode of a folder. Raises OSError."""
    found = root.stat()
    return found.st_dev, found.st_ino


def is_deserted(root: Path, born: tuple[int, int]) -> bool:
    """Whether the folder is gone, is another than `born`, or holds nothing any more but devkit's own state.

    The last is what `rm -rf` leaves where a file was written behind its back ("Directory not empty").
    """
    try:
        return folder_of(root) != born or all(entry.name == STATE_FOLDER for entry in root.iterdir())
    except OSError:
        return True


def known_clone(root: Path) -> Clone | None:
    """This clone; None before anything has run in it. A move within a file system and a new boot are noted.

    Raises CopiedState when `.devkit/` came here by copy or from a backup.
    """
    _refuse_foreign_files(root)
    clone = _read(root)
    if clone is None:
        return None
    device, inode = folder_of(root)
    booted = this_boot() != clone.boot
    same = (device, inode) == (clone.device, clone.inode) or (
        # Numbers of devices change from boot to boot, and some file systems number their files anew each time.
        booted and (inode == clone.inode or str(root) == clone.path)
    )
    if not same:
        raise _copied(root, clone)
    seen = replace(clone, device=device, inode=inode, path=str(root), boot=this_boot())
    if seen != clone:
        with contextlib.suppress(
            OSError
        ):  # noted for people and for the next boot; nothing depends on it now
            _write(root, seen)
    return seen


def bind_clone(root: Path) -> Clone:
    """This clone, which gets its identity now if it has none. Raises CopiedState."""
    if found := known_clone(root):
        return found
    with held(state_dir(root) / "clone.lock", _busy):
        return known_clone(root) or _new(root)


def take_over(root: Path) -> Clone:
    """Makes what `.devkit/` holds this clone's, under a new id: the one that it was copied from keeps its own."""
    state_dir(root)
    return _new(root)


def forget_clone(root: Path) -> None:
    """The clone has no identity any more; the next platform makes one."""
    (root / STATE_FOLDER / _FILE).unlink(missing_ok=True)


def is_ours(root: Path, mark: str) -> bool:
    """Whether what carries `mark` belongs to the clone in `root`: by its id, or by its folder where the id was lost.

    Raises CopiedState.
    """
    return owns(root)(mark)


def owns(root: Path) -> Callable[[str], bool]:
    """`is_ours` for many marks. Raises CopiedState."""
    clone = known_clone(root)
    device, inode = folder_of(root)

    def ours(mark: str) -> bool:
        id, _, folder = mark.partition("@")
        return (clone is not None and id == clone.id) or folder == f"{device}:{inode}"

    return ours


def server_name(mark: str) -> str:
    """What the embedded Postgres of the clone with this mark calls itself (its `cluster_name`)."""
    return f"devkit-{mark.partition('@')[0]}" if mark else ""


def _copied(root: Path, clone: Clone) -> CopiedState:
    original = Path(clone.path)
    if original == root:
        came = "is from a backup, or this folder was made anew around it"
    elif original.is_dir():
        came = f"is a copy of the one in {original}: its platform is not this clone's"
    else:
        came = f"came from {original} by copy, or from a backup"
    return CopiedState(
        f"{STATE_FOLDER} here {came}",
        fix="./devkit up --take-over uses the data in it for this clone; ./devkit reset deletes it",
        exit_code=ExitCode.REFUSED,
    )


def _new(root: Path) -> Clone:
    clone = Clone(uuid.uuid4().hex, *folder_of(root), str(root), this_boot())
    _write(root, clone)
    return clone


def _read(root: Path) -> Clone | None:
    try:
        found = json.loads((root / STATE_FOLDER / _FILE).read_text("utf-8"))
        return Clone(
            str(found["id"]),
            int(found["device"]),
            int(found["inode"]),
            str(found["path"]),
            str(found["boot"]),
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
    except OSError as problem:
        raise DevkitError(
            f"{STATE_FOLDER} cannot be read: {problem.strerror}",
            fix=f"chmod -R u+rwX {STATE_FOLDER}", exit_code=ExitCode.USAGE,
        ) from None  # fmt: skip


def _refuse_foreign_files(root: Path) -> None:
    """Raises DevkitError (exit 2) after a call with sudo: what it wrote can be neither read nor replaced, and looks missing."""
    me = os.getuid()
    if me == 0:  # root may use everything, and the embedded Postgres is another user then
        return
    for path in _state_files(root):
        owner = path.lstat().st_uid
        if owner != me:
            name = path.relative_to(root).as_posix()
            raise DevkitError(
                f"{name} belongs to {user_name(owner) or f'user {owner}'}, as after a call of devkit with sudo",
                fix=f"sudo chown -R {me}:{os.getgid()} {STATE_FOLDER}; then without sudo",
                exit_code=ExitCode.USAGE,
            )


def _state_files(root: Path) -> Iterator[Path]:
    """The state folder, and what is in it and in the logs' folder, as far as that can be listed."""
    for folder in (root / STATE_FOLDER, root / STATE_FOLDER / "logs"):
        if folder.exists():
            yield folder
        with contextlib.suppress(OSError):
            yield from folder.iterdir()


def _busy() -> DevkitError:
    return DevkitError("another call of devkit is making this clone's identity", fix="try again")


def _write(root: Path, clone: Clone) -> None:
    replace_file(root / STATE_FOLDER / _FILE, json.dumps(asdict(clone)).encode(), mode=0o600)
