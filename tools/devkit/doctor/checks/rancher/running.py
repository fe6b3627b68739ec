"""Rancher Desktop runs."""

from __future__ import annotations

from devkit.checks import Fix, Problem, Skipped, check
from devkit.doctor.facts.rancher import never_started, rdctl, state
from devkit.doctor.machine import Machine

_START = Fix("rdctl start")
_ON_ITS_WAY = ("STARTING", "RESTARTING")


@check("rancher.running", __doc__, after=("rancher.installed",), engine="tilt")
def run(machine: Machine) -> str:
    """Its state, as it says itself."""
    if never_started(machine):
        raise Problem(
            "Rancher Desktop was never started: it has neither settings nor a cluster yet",
            "start it once, and choose the engine moby and Kubernetes",
        )
    if machine.fact(rdctl) is None:
        raise Skipped("there is no rdctl to ask; cluster.endpoint says whether the cluster answers")
    found = machine.fact(state)
    if found is None:
        raise Problem("Rancher Desktop does not run", "start it: rdctl start", fix=_START)
    if found in _ON_ITS_WAY:
        raise Problem(
            f"Rancher Desktop is not up yet ({found})", "wait until it is: rdctl api /v1/backend_state"
        )
    if found == "ERROR":
        raise Problem(
            "Rancher Desktop could not start its machine",
            "look into its window under Troubleshooting (Show Logs); rdctl shutdown, then rdctl start, often helps",
        )
    if found in ("STOPPED", "STOPPING"):
        raise Problem(f"Rancher Desktop's machine is stopped ({found})", "rdctl start", fix=_START)
    return found
