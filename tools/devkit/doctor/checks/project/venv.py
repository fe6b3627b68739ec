""".venv is whole, and made from today's locks."""

from __future__ import annotations

import os
import re
from pathlib import Path

from devkit.base.errors import DevkitError
from devkit.checks import Fix, Problem, Skipped, check, note, warning
from devkit.doctor.facts.files import there
from devkit.doctor.facts.hardware import this_python
from devkit.doctor.machine import Machine, observed

_PURPOSES = ("devkit", "services", "debug", "embedded")
_ASK = "import sys; print(*sys.version_info[:2], sep='.')"
_AGAIN = "./devkit rebuilds it by itself: call ./devkit --version"


@check("project.venv", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem for one that cannot work, a warning for one that is behind; a note when devkit runs outside it."""
    python = this_python(machine)
    venv = there(machine, machine.installation / ".venv")
    inside, ours = python["prefix"] == venv.real, _runs_from_here(machine)
    if not venv:
        if ours:
            raise note(f"devkit was not started by ./devkit: it runs in {python['prefix']}", "call ./devkit")
        raise Skipped("./devkit has not been run in this clone yet")
    version = _whole(machine)
    if behind := _behind(machine):
        fix = Fix("./devkit --version", _catch_up if inside else None, "fetches packages")
        names = ", ".join(f"requirements/{purpose}.txt" for purpose in behind)
        raise warning(f".venv was not made from today's {names}", fix=fix)
    if ours and not inside:
        raise note(
            f"devkit was started by {python['path']}, not by ./devkit: it runs without .venv", "call ./devkit"
        )
    return f"Python {version}"


def _whole(machine: Machine) -> str:
    """The version of its Python. Raises Problem."""
    if not there(machine, machine.installation / ".venv/made-by-devkit"):
        raise Problem(".venv exists, but devkit did not create it", "move it away, then run ./devkit")
    if there(machine, machine.installation / ".venv/unfinished"):
        raise Problem(".venv is unfinished: the run that created it was interrupted", _AGAIN)
    python = there(machine, machine.installation / ".venv/bin/python")
    if not python.runnable:
        raise Problem(f".venv's Python is gone ({python.real}): was it upgraded or removed?", _AGAIN)
    said = machine.ask(machine.installation / ".venv/bin/python", "-I", "-S", "-c", _ASK)
    version = said.out.strip()
    if said.code or not re.fullmatch(r"\d+\.\d+", version):
        raise Problem(f".venv's Python does not run: {said.last_line}", _AGAIN)
    if not there(machine, machine.installation / f".venv/lib/python{version}/site-packages").is_folder:
        raise Problem(f".venv's Python is {version} now, its packages are for another version", _AGAIN)
    return version


@observed("venv behind")
def _behind(machine: Machine) -> list[str]:
    """The purposes whose lock is another one than .venv was made from."""
    venv = machine.installation / ".venv"
    made = {stamp.stem for stamp in (venv / "devkit-locks").glob("*.txt")}
    return [
        purpose for purpose in sorted({*_PURPOSES, *made}) if not _same(machine.installation, venv, purpose)
    ]


def _same(root: Path, venv: Path, purpose: str) -> bool:
    lock, stamp = root / "requirements" / f"{purpose}.txt", venv / "devkit-locks" / f"{purpose}.txt"
    try:
        return not lock.exists() or (stamp.is_file() and stamp.read_bytes() == lock.read_bytes())
    except OSError:
        return False


@observed("devkit of the clone")
def _runs_from_here(machine: Machine) -> bool:
    """Whether it is this clone's devkit that runs."""
    return Path(os.path.realpath(__file__)).is_relative_to(os.path.realpath(machine.installation))


def _catch_up(machine: Machine) -> None:
    said = machine.ask(machine.installation / "devkit", "--version", timeout=600)
    if said.code:
        raise DevkitError(said.last_line)
