"""Redis's append-only file: whether Redis would load it, and its repair. redis-server itself is the program for both, when it
is called redis-check-aof."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from devkit.base.errors import DevkitError

__all__ = ["Damage", "aof_of", "damage", "repair"]

# 7 and newer keep a folder with a list of files, 6.2 keeps one file.
_FOLDER, _LIST, _FILE = "appendonlydir", "appendonly.aof.manifest", "appendonly.aof"
_DEADLINE = 30.0
_CHECK_NAME = "redis-check-aof"
# A command in the file: how many parts, and each part's length.
_COUNT, _LENGTH = re.compile(rb"\*(\d{1,9})\r\n"), re.compile(rb"\$(\d{1,9})\r\n")


@dataclass(frozen=True)
class Damage:
    """`why` in the checker's words; `lost`: how many bytes a repair cuts off, None where it does not say."""

    why: str
    lost: int | None


def aof_of(folder: Path) -> Path | None:
    """What the checker is to be given; None where there is nothing yet, or nothing in it."""
    found = folder / _FOLDER / _LIST
    if not found.is_file():
        found = folder / _FILE
    return found if found.is_file() and found.stat().st_size else None


def damage(program: Path, folder: Path) -> Damage | None:
    """Why Redis refuses its file; None when it does not. A file that only ends too early is none: Redis loads it.

    Raises DevkitError where the file cannot be checked.
    """
    file = aof_of(folder)
    if file is None:
        return None
    done = _check(program, [str(file)])
    if done.returncode == 0:
        return None
    said = done.stdout.strip()
    cut = re.findall(r"(?:filename=(\S+), )?size=(\d+), ok_up_to=(\d+)", said)
    if cut:
        name, size, good = cut[-1]
        if _is_cut_short(file, name, int(good)):
            return None  # Redis leaves out the unfinished command (aof-load-truncated)
    why = re.search(r"^0x\s*[0-9a-f]+: (.+)$", said, re.MULTILINE)
    last = said.splitlines()[-1] if said else f"{_CHECK_NAME} ended with {done.returncode}"
    return Damage(why[1] if why else last, int(size) - int(good) if cut else None)


def _is_cut_short(file: Path, name: str, good: int) -> bool:
    """Whether what follows the good part is the beginning of commands, in the last file of the list, and nothing else."""
    if file.name == _LIST:
        listed = [line.split()[1] for line in file.read_text("utf-8", "replace").splitlines() if line.strip()]
        if not listed or listed[-1] != name:
            return False
        file = file.with_name(name)
    with file.open("rb") as opened:
        opened.seek(good)
        rest = opened.read()
    at = 0
    while at < len(rest):
        count = _COUNT.match(rest, at)
        if count is None:
            return re.fullmatch(rb"\*\d*\r?", rest[at:]) is not None
        at = count.end()
        for _ in range(int(count[1])):
            length = _LENGTH.match(rest, at)
            if length is None:
                return re.fullmatch(rb"(\$\d*\r?)?", rest[at:]) is not None
            end = length.end() + int(length[1])
            if end + 2 > len(rest):
                return rest[end:] in (b"", b"\r")
            if rest[end : end + 2] != b"\r\n":
                return False
            at = end + 2
    return True


def repair(program: Path, folder: Path) -> Path:
    """Keeps a copy of the file (of the folder, where it is one) and cuts off what Redis cannot read. Returns the copy.

    Raises DevkitError when that is not enough, OSError when the copy cannot be made; the file is then as it was.
    """
    file = aof_of(folder)
    if file is None:
        raise DevkitError("there is no append-only file any more")
    whole = file.parent if file.parent != folder else file
    copy = folder / f"{whole.name}.damaged-{datetime.now():%Y%m%d-%H%M%S}"
    if whole.is_dir():
        shutil.copytree(whole, copy)
    else:
        shutil.copy2(whole, copy)
    done = _check(program, ["--fix", str(file)], answers="y\n")
    if done.returncode or damage(program, folder):
        said = done.stdout.strip().splitlines() or ["nothing"]
        raise DevkitError(f"{_CHECK_NAME} --fix did not help: {said[-1]}")
    return copy


def _check(program: Path, arguments: Sequence[str], answers: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [_CHECK_NAME, *arguments], executable=program, input=answers, timeout=_DEADLINE, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise DevkitError(f"{_CHECK_NAME} has not ended after {_DEADLINE:g} s") from None
    except OSError as problem:
        raise DevkitError(f"{program} as {_CHECK_NAME}: {problem.strerror}") from None
