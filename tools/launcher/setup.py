"""From what there is of .venv to one that is complete."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from launcher.causes import AGAIN, NAMED_PYTHON, is_noexec, no_execution, of_words
from launcher.in_use import is_in_use
from launcher.isolation import clean
from launcher.packages import STAMPS, UNFINISHED, bring_packages, lock_file
from launcher.repair import REBUILD, note_rebuild
from launcher.say import fail, say

__all__ = ["main"]

_MARKER = "made-by-devkit"


def main() -> None:
    """Sets up, and becomes devkit."""
    root, purposes, arguments = Path(sys.argv[1]), sys.argv[2].split(), sys.argv[3:]
    venv = root / ".venv"
    try:
        os.fsencode(root).decode("utf-8")
    except UnicodeDecodeError:
        fail(
            f"the path of this clone is not UTF-8, which initdb (Postgres) cannot take: {root}",
            "rename that folder",
            2,
        )
    if is_noexec(venv if venv.exists() else root):
        fail(*no_execution(venv))
    (root / ".devkit").mkdir(mode=0o700, exist_ok=True)
    with (root / ".devkit" / "setup.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another run is setting up .venv; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(root, venv, purposes) and not _stays(root, venv, purposes):
            _set_up(root, venv, purposes)
    note_rebuild(venv, os.environ)
    python = str(venv / "bin" / "python")
    os.execv(python, [python, "-E", "-s", str(root / "tools"), *arguments])


def _is_current(root: Path, venv: Path, purposes: list[str]) -> bool:
    """Whether `.venv` was completely made from today's locks."""
    if os.environ.get(REBUILD) or not os.access(venv / "bin" / "python", os.X_OK):
        return False
    for purpose in purposes:
        stamp = venv / STAMPS / f"{purpose}.txt"
        if not stamp.is_file() or stamp.read_bytes() != lock_file(root, purpose).read_bytes():
            return False
    return True


def _stays(root: Path, venv: Path, purposes: list[str]) -> bool:
    """Whether the packages stay as they are although their locks have changed, since a devkit runs with them.

    What is only to be added, as the tests' packages at their first call, can be.
    """
    stamps = {stamp.stem: stamp.read_bytes() for stamp in (venv / STAMPS).glob("*.txt")}
    changed = [name for name, known in stamps.items() if not _is_lock(root, name, known)]
    if not changed or not _works(venv) or not is_in_use(str(venv)):
        return False
    what = "the locked requirements changed, and a devkit runs from .venv"
    if missing := [purpose for purpose in purposes if purpose not in stamps]:
        fail(
            f"{what}: the packages for {', '.join(missing)} cannot be added now",
            "./devkit down, then again",
            5,
        )
    say(f"{what}: its packages stay until ./devkit down; the next call after that brings the new ones")
    return True


def _is_lock(root: Path, purpose: str, known: bytes) -> bool:
    file = lock_file(root, purpose)
    return file.is_file() and file.read_bytes() == known


def _set_up(root: Path, venv: Path, purposes: list[str]) -> None:
    started = time.monotonic()
    stamps = venv / STAMPS
    had = {stamp.stem for stamp in stamps.glob("*.txt")} if stamps.is_dir() else set()
    if _works(venv):
        say("the locked requirements changed; updating .venv")
    else:
        say(
            "repairing .venv"
            if venv.exists()
            else "first run: creating .venv (half a minute to a minute, once)"
        )
        _make_venv(venv)
    wanted = [*purposes, *sorted(had - set(purposes))]
    bring_packages(root, venv, [purpose for purpose in wanted if lock_file(root, purpose).is_file()])
    say(f".venv is ready ({time.monotonic() - started:.0f} s)")


def _make_venv(venv: Path) -> None:
    """A new environment; the marker is there first and stays, so that an interrupted one is known as ours."""
    if venv.exists() and not (venv / _MARKER).exists() and any(venv.iterdir()):
        fail(f"{venv.name} exists but devkit did not create it", "move it away, then run ./devkit again", 2)
    venv.mkdir(parents=True, exist_ok=True)
    (venv / _MARKER).touch()
    (venv / UNFINISHED).touch()
    for old in venv.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name not in (_MARKER, UNFINISHED):
            old.unlink()
    # In two steps, since venv keeps to itself what ensurepip says.
    for call in (
        [sys.executable, "-I", "-m", "venv", "--without-pip", str(venv)],
        [str(venv / "bin" / "python"), "-I", "-m", "ensurepip", "--upgrade", "--default-pip"],
    ):
        done = subprocess.run(
            call, env=clean(os.environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        if done.returncode:
            last = (done.stdout.strip().splitlines() or ["no output"])[-1]
            unknown = (
                f"python -m {call[3]} failed: {last}",
                f"name another Python: {NAMED_PYTHON}; then {AGAIN}",
            )
            fail(*(of_words(done.stdout, venv) or unknown))


def _works(venv: Path) -> bool:
    """Whether the environment is ours, whole and runs; anything else is made anew.

    Whatever was killed while it wrote files (venv, pip) may have left half a package that looks like a whole one.
    """
    python = venv / "bin" / "python"
    if not (venv / _MARKER).exists() or (venv / UNFINISHED).exists() or os.environ.get(REBUILD):
        return False
    if not os.access(python, os.X_OK):
        return False
    call = [str(python), "-E", "-s", "-c", "import pip, sys; print(sys.version_info[:2] >= (3, 11))"]
    done = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.returncode == 0 and done.stdout.strip() == "True"
