"""The cluster's Kubernetes is 1.29 or newer."""

from __future__ import annotations

from devkit.base.versions import dotted, version_in
from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.cluster import server_version
from devkit.doctor.facts.context import product
from devkit.doctor.facts.rancher import setting
from devkit.doctor.machine import Machine

_OLDEST = (1, 29)


@check("cluster.version", __doc__, after=("cluster.endpoint",), engine="tilt")
def run(machine: Machine) -> str:
    """The API server's version."""
    said = str(machine.fact(server_version).get("gitVersion", ""))
    found = version_in(said)
    if found is None:
        raise Problem(f"the API server says the version {said[:40]!r}", "is it Kubernetes?")
    if found < _OLDEST and _chosen_old(machine):
        raise Skipped("not checked because rancher.version failed")
    if found < _OLDEST:
        raise Problem(
            f"the cluster's Kubernetes is {said}; {dotted(_OLDEST)} is the oldest version that the manifests support",
            "choose a newer version in the product's settings, or recreate the cluster with one",
        )
    return said


def _chosen_old(machine: Machine) -> bool:
    """Whether Rancher Desktop is set to a version as old."""
    if machine.fact(product) != "rancher-desktop":
        return False
    try:
        chosen = version_in(str(setting(machine, "kubernetes", "version") or ""))
    except Problem:
        return False
    return chosen is not None and chosen < _OLDEST
