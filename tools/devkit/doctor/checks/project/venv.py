""".venv is whole, and made from today's locks."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped, check, note, warning
from devkit.doctor.machine import Machine

_PURPOSES = ("devkit", "services", "debug", "embedded")
_AGAIN = "./devkit makes it anew by itself: call ./devkit --version"


@check("project.venv", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem for one that cannot work, a warning for one that is behind; a note when devkit runs outside it."""
    venv = machine.root / ".venv"
    inside = os.path.realpath(sys.prefix) == os.path.realpath(venv)
    if not venv.exists():
        if _runs_from(machine.root):
            raise note(f"devkit was not started by ./devkit: it runs in {sys.prefix}", "call ./devkit")
        raise Skipped("./devkit has not been called in this clone yet")
    version = _whole(machine, venv)
    if behind := [purpose for purpose in _purposes(venv) if not _same(machine.root, venv, purpose)]:
        fix = Fix("./devkit --version", _catch_up if inside else None, "fetches packages")
        names = ", ".join(f"requirements/{purpose}.txt" for purpose in behind)
        raise warning(f".venv was not made from today's {names}", fix=fix)
    if _runs_from(machine.root) and not inside:
        raise note(
            f"devkit was started by {sys.executable}, not by ./devkit: it runs without .venv", "call ./devkit"
        )
    return f"Python {version}"


def _whole(machine: Machine, venv: Path) -> str:
    """The version of its Python. Raises Problem."""
    if not (venv / "made-by-devkit").exists():
        raise Problem(".venv is there, but devkit did not make it", "move it away, then call ./devkit")
    if (venv / "unfinished").exists():
        raise Problem(".venv is unfinished: the call that made it was interrupted", _AGAIN)
    python = venv / "bin" / "python"
    if not os.access(python, os.X_OK):
        target = os.path.realpath(python)
        raise Problem(f".venv's Python is gone ({target}): was it upgraded or removed?", _AGAIN)
    said = machine.ask(python, "-I", "-S", "-c", "import sys; print(*sys.version_info[:2], sep='.')")
    version = said.out.strip()
    if said.code or not re.fullmatch(r"\d+\.\d+", version):
        raise Problem(f".venv's Python does not run: {said.last_line}", _AGAIN)
    if not (venv / "lib" / f"python{version}" / "site-packages").is_dir():
        raise Problem(f".venv's Python is {version} now, its packages are another's", _AGAIN)
    return version


def _purposes(venv: Path) -> list[str]:
    made = {stamp.stem for stamp in (venv / "devkit-locks").glob("*.txt")}
    return sorted({*_PURPOSES, *made})


def _same(root: Path, venv: Path, purpose: str) -> bool:
    lock, stamp = root / "requirements" / f"{purpose}.txt", venv / "devkit-locks" / f"{purpose}.txt"
    try:
        return not lock.exists() or (stamp.is_file() and stamp.read_bytes() == lock.read_bytes())
    except OSError:
        return False


def _runs_from(root: Path) -> bool:
    """Whether it is this clone's devkit that runs."""
    return Path(os.path.realpath(__file__)).is_relative_to(os.path.realpath(root))


def _catch_up(machine: Machine) -> None:
    said = machine.ask(machine.root / "devkit", "--version", timeout=600)
    if said.code:
        raise DevkitError(said.last_line)
