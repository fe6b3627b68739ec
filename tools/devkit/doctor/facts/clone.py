"""Whose state lies in the clone, and which processes are its own."""

from __future__ import annotations

from devkit.base.clone import CopiedState, known_clone
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.engines.local.belongings import belongings

__all__ = ["copied", "our_processes"]


@observed("clone copied")
def copied(machine: Machine) -> dict[str, Json] | None:
    """The `message` and the `fix` of state that came here by copy; None: it is this clone's, or there is none."""
    try:
        known_clone(machine.root)
    except CopiedState as problem:
        return {"message": problem.message, "fix": problem.fix}
    return None


@observed("clone processes")
def our_processes(machine: Machine) -> list[int]:
    """The pids of all that runs for this clone on this machine itself, its supervisor first."""
    try:
        found = belongings(machine.root)
    except CopiedState:
        return []
    return [one.pid for one in (found.supervisor, *found.others) if one]
