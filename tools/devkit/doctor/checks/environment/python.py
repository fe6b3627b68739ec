"""No Python variable of the shell breaks .venv."""

from __future__ import annotations

from pathlib import Path

from devkit.checks import Problems, check, note, warning
from devkit.doctor.facts.files import there
from devkit.doctor.machine import Machine

_READ_BY_HAND = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONOPTIMIZE",
    "PYTHONSAFEPATH",
    "PYTHONUSERBASE",
)


@check("environment.python", __doc__)
def run(machine: Machine) -> str:
    """Raises Problems: a warning for an unusable DEVKIT_PYTHON, notes for what only a call by hand reads."""
    environ = machine.environ
    problems = []
    named = environ.get("DEVKIT_PYTHON", "")
    if named and machine.program(named) is None:
        problems.append(
            warning(
                f"DEVKIT_PYTHON names {named[:80]}, which cannot be run: the next .venv is created with another Python",
                "unset DEVKIT_PYTHON, or name one that exists",
                part="devkit-python",
            )
        )
    if found := [name for name in _READ_BY_HAND if environ.get(name)]:
        problems.append(
            note(
                f"{', '.join(found)} set: devkit keeps that from .venv, the services and all else that it starts; a Python "
                "called by hand and VS Code's terminal read it",
                f"unset {' '.join(found)}, if you wonder which modules are loaded",
                part="path",
            )
        )
    active = environ.get("VIRTUAL_ENV")
    if active and there(machine, active).real != there(machine, machine.installation / ".venv").real:
        problems.append(
            note(
                f"the environment {Path(active).name} is active: ./devkit uses .venv anyway; pytest and alembic called by "
                "hand do not",
                "deactivate, or source .venv/bin/activate",
                part="virtualenv",
            )
        )
    if problems:
        raise Problems(problems)
    return "none is set"
