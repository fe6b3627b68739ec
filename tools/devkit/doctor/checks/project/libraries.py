"""The libraries in .venv are whole."""

from __future__ import annotations

from devserve.libraries import is_cut_off

from devkit.checks import Problem, check
from devkit.doctor.facts.embedded import REBUILD
from devkit.doctor.machine import Machine, observed


@check("project.libraries", __doc__, after=("project.venv",))
def run(machine: Machine) -> str:
    """Raises Problem that names those whose end is missing: a service that loads one crashes, or does without it unasked."""
    if damaged := _cut_off(machine):
        raise Problem(f"the end is missing of {', '.join(damaged)}, as after a full disk", REBUILD)
    return "whole"


@observed("libraries cut off")
def _cut_off(machine: Machine) -> list[str]:
    venv = machine.installation / ".venv"
    libraries = (path for path in venv.glob("lib/python*/site-packages/**/*.so") if path.is_file())
    return sorted(path.relative_to(venv).as_posix() for path in libraries if is_cut_off(str(path)))
