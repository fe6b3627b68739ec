"""The port of Tilt's UI is free, or held by this clone's own Tilt."""

from __future__ import annotations

from devkit.checks import Problem, check, warning
from devkit.doctor.facts.ports import belongs_here, port_problems, ports
from devkit.doctor.machine import Machine


@check("ports.tilt", __doc__, after=("project.table",), engine="tilt")
def run(machine: Machine) -> str:
    """Raises Problem for another Tilt, or anything else that listens there."""
    given = machine.environ.get("TILT_PORT", "")
    known = machine.fact(ports)
    if given and str(known.page) != given:
        raise warning(
            f"TILT_PORT is {given[:20]!r}, which is not a port: Tilt does not start with it",
            "unset TILT_PORT",
        )
    for problem in port_problems(machine, {known.page: "Tilt's UI"}, ""):
        stop = (problem.advice or "").rpartition(", or ")[0]
        raise Problem(problem.message, f"{stop}, or give ours another: export TILT_PORT={known.page + 1}")
    ours = any(holder.port == known.page and belongs_here(machine, holder) for holder in known.holders)
    return f"{known.page} {'held by this clone' if ours else 'is free'}"
