"""Rendered files → the disk: compared first, and only what changed is replaced, each file in one step.

Whose a file is, its own marker line tells (see `marker`). Nothing is written while any finding stands.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from devkit.base.files import remove_stale_temporaries, replace_file
from devkit.findings.model import Finding, Place, Severity
from devkit.render.marker import WITHIN, Owner, claims, owner_of

__all__ = ["Change", "ChangeKind", "compare", "diff_text", "in_the_way", "write"]


class ChangeKind(Enum):
    """What happens to a file."""

    CREATE = "new"
    UPDATE = "changed"
    REMOVE = "removed"


@dataclass(frozen=True)
class Change:
    """One file that is not as it should be. `finding` says why it may not be touched without force."""

    path: str
    kind: ChangeKind
    old: bytes | None
    new: bytes | None
    finding: Finding | None = None


def compare(root: Path, files: Mapping[str, bytes], folders: tuple[str, ...]) -> list[Change]:
    """What would have to change below `root`, by path.

    `folders` are looked through for files that carry our marker and are not in `files` any more.
    """
    changes = [_compare_one(root, path, new) for path, new in files.items()]
    changes += [_obsolete(path, old) for path, old in _marked(root, folders) if path not in files]
    return sorted((change for change in changes if change is not None), key=lambda change: change.path)


def write(root: Path, changes: list[Change], folders: tuple[str, ...]) -> None:
    """Carry the changes out. Raises OSError for the first that cannot be, the rest as they were."""
    for folder in folders:
        remove_stale_temporaries(root / folder)
    for change in changes:
        if change.new is None:
            (root / change.path).unlink(missing_ok=True)
        else:
            replace_file(root / change.path, change.new)


def diff_text(changes: list[Change]) -> str:
    """The changes as a unified diff, without colour; empty for none."""
    return "".join(line for change in changes for line in _diff(change))


def _diff(change: Change) -> Iterator[str]:
    before = f"a/{change.path}" if change.old is not None else "/dev/null"
    after = f"b/{change.path}" if change.new is not None else "/dev/null"
    old, new = (_lines(content) for content in (change.old, change.new))
    for line in difflib.unified_diff(old, new, before, after):
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _lines(content: bytes | None) -> list[str]:
    # Not `splitlines`, which also splits where no file has a line end.
    return [line for line in re.split(r"(?<=\n)", (content or b"").decode(errors="replace")) if line]


def _compare_one(root: Path, path: str, new: bytes) -> Change | None:
    target = root / path
    finding = in_the_way(root, path)
    if finding is not None:
        return Change(path, ChangeKind.UPDATE, None, new, finding)
    try:
        old = target.read_bytes()
    except FileNotFoundError:
        return Change(path, ChangeKind.CREATE, None, new)
    except OSError as failure:
        message = f"cannot be read: {failure.strerror}"
        return Change(
            path, ChangeKind.UPDATE, None, new, _finding("unreadable", path, message, "check its owner")
        )
    if old.replace(b"\r\n", b"\n") == new:
        return None
    owner = owner_of(path, old)
    objection = _edited(path) if owner is Owner.EDITED else _foreign(path) if owner is Owner.OTHER else None
    return Change(path, ChangeKind.UPDATE, old, new, objection)


def _obsolete(path: str, old: bytes) -> Change:
    finding = None
    if owner_of(path, old) is Owner.EDITED:
        message = "is no longer generated, and was edited by hand"
        fix = "delete it, or keep it by deleting its first line; --force deletes it"
        finding = _finding("edited", path, message, fix)
    return Change(path, ChangeKind.REMOVE, old, None, finding)


def _marked(root: Path, folders: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Files that say of themselves that devkit wrote them, there."""
    for folder in folders:
        for path in sorted((root / folder).glob("*")):
            name = path.relative_to(root).as_posix()
            with contextlib.suppress(OSError):
                if path.is_file() and not path.is_symlink() and _claimed(path, name):
                    yield name, path.read_bytes()


def _claimed(path: Path, name: str) -> bool:
    """Looks no further than it must: most files here, `.env` among them, are none of ours."""
    with path.open("rb") as file:
        return claims(name, file.read(WITHIN))


def in_the_way(root: Path, path: str) -> Finding | None:
    """Whatever is not a plain file inside the clone is never written to, forced or not."""
    target = root / path
    if target.is_symlink() or not target.parent.resolve().is_relative_to(root.resolve()):
        return _finding("in-the-way", path, "is a link, which devkit does not follow", "delete the link")
    if target.is_dir():
        return _finding("in-the-way", path, "is a folder where a file belongs", "move the folder away")
    for parent in Path(path).parents:
        if (root / parent).exists() and not (root / parent).is_dir():
            name = parent.as_posix()
            return _finding("in-the-way", name, "is a file where a folder belongs", "move the file away")
    return None


def _edited(path: str) -> Finding:
    fix = "./devkit generate --diff shows what would be lost: move it into dev/services.yaml, or drop it by --force"
    return _finding("edited", path, "was edited by hand since devkit wrote it", fix)


def _foreign(path: str) -> Finding:
    message = "was not written by devkit, and stands where devkit would write"
    return _finding("foreign", path, message, "move it away; --force replaces it")


def _finding(name: str, path: str, message: str, fix: str) -> Finding:
    return Finding(f"generate.{name}", Severity.ERROR, message, Place(path), fix)
