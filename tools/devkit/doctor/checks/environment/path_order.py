"""PATH has each program once."""

from __future__ import annotations

import os
from pathlib import Path

from devkit.checks import Problem, Problems, check, note, warning
from devkit.doctor.facts.files import there
from devkit.doctor.machine import Machine, observed

_PROGRAMS = ("docker", "kubectl", "tilt", "helm", "node", "npm", "rdctl")


@check("environment.path-order", __doc__)
def run(machine: Machine) -> str:
    """Raises Problems, notes: two different ones of a program, of which the first counts; entries that are no folder's name."""
    value = machine.environ.get("PATH", "")
    if not value:
        raise warning("PATH is empty: no program is found", "export PATH=/usr/local/bin:/usr/bin:/bin")
    folders = [part for part in value.split(os.pathsep) if part]
    if not any(there(machine, folder).is_folder for folder in folders):
        raise warning(
            "PATH names no folder that exists: no program is found",
            "export PATH=/usr/local/bin:/usr/bin:/bin",
        )
    problems: list[Problem] = []
    for name in _PROGRAMS:
        found = _all_of(machine, name)
        if len(found) > 1:
            hidden = ", ".join(found[1:3])
            problems.append(
                note(
                    f"{name} is on PATH more than once: {found[0]} counts, {hidden} {'does' if len(found) == 2 else 'do'} not",
                    f"if it is the wrong one, put the other's folder first (type -a {name})",
                    part=name,
                )
            )
    if problems:
        raise Problems(problems)
    return f"{len(folders)} folders"


@observed("programs on PATH")
def _all_of(machine: Machine, name: str) -> list[str]:
    """Every program of that name, each file once, however many links lead to it."""
    seen: dict[str, str] = {}
    for folder in machine.environ.get("PATH", "").split(os.pathsep):
        path = Path(folder) / name
        try:
            if folder and path.is_file() and os.access(path, os.X_OK):
                seen.setdefault(os.path.realpath(path), str(path))
        except (OSError, ValueError):
            continue
    return list(seen.values())
