"""Node.js is there for the services that run on it, and new enough."""

from __future__ import annotations

from devkit.base.versions import dotted
from devkit.checks import Skipped, check, warning
from devkit.doctor.facts.needs import without
from devkit.doctor.facts.tables import table
from devkit.doctor.facts.versions import asked_version
from devkit.doctor.machine import Machine
from devkit.types.npm import NODE_NEEDED, node_suffices

LINK = "https://nodejs.org/en/download"


@check("tools.node", __doc__, after=("project.table",), engine="local")
def run(machine: Machine) -> str:
    """Its version. Without it everything runs but what needs it."""
    names = [service.name for service in machine.fact(table).having(lambda kind: "node" in kind.runs_on)]
    if not names:
        raise Skipped("no service of the table runs on Node.js")
    stopped = without(names)
    node = machine.program("node")
    if node is None or machine.program("npm") is None:
        missing = "Node.js" if node is None else "npm"
        raise warning(
            f"{missing} is not on PATH: {stopped}",
            f"install Node.js ({NODE_NEEDED})",
            link=LINK,
        )
    found = dotted(asked_version(machine, node, "--version"))
    if not node_suffices(f"v{found}"):
        raise warning(
            f"Node.js {found} is too old: {stopped}",
            f"install {NODE_NEEDED}",
            link=LINK,
        )
    return found
