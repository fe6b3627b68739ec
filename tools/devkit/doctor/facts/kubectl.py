"""kubectl, as it describes itself."""

from __future__ import annotations

from devkit.base.versions import Version, version_in
from devkit.checks import Problem, Skipped
from devkit.doctor.machine import Machine

__all__ = ["client_version"]


def client_version(machine: Machine) -> Version:
    """Its own version; no cluster is asked. Raises Problem when it does not say one, Skipped when there is none."""
    program = machine.program("kubectl")
    if program is None:
        raise Skipped("kubectl is not on PATH")
    said = machine.ask_json(program, "version", "--client", "--output=json")
    client = said.get("clientVersion") if isinstance(said, dict) else None
    found = version_in(str(client.get("gitVersion", ""))) if isinstance(client, dict) else None
    if found is None:
        raise Problem(f"{program} does not say its version", "is it the real one? (type -a kubectl)")
    return found
