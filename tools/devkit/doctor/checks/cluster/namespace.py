"""The platform's namespace is not stuck in deletion."""

from __future__ import annotations

from devkit.checks import Problem, check
from devkit.cluster.namespace import what_holds
from devkit.doctor.facts.cluster import api
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine


@check("cluster.namespace", __doc__, after=("cluster.endpoint", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """Whether it is there."""
    name = machine.fact(table).namespace
    found = api(machine, f"/api/v1/namespaces/{name}")
    if found is None:
        return f"{name} is not there yet"
    if (found.get("status") or {}).get("phase") == "Terminating":
        since = str(found["metadata"].get("deletionTimestamp", ""))
        raise Problem(
            f"the namespace {name} is being deleted since {since}, and nothing can be made in it: {what_holds(found)}",
            "what is named holds it with a finalizer: start its controller, or remove the finalizer (kubectl edit); it then "
            "goes by itself",
        )
    return name
