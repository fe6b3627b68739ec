"""Rancher Desktop's Kubernetes is 1.29 or newer."""

from __future__ import annotations

from devkit.base.versions import dotted, version_in
from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.rancher import setting
from devkit.doctor.machine import Machine

OLDEST, SUGGESTED = (1, 29), "1.32.3"


@check("rancher.version", __doc__, after=("rancher.kubernetes",), engine="tilt")
def run(machine: Machine) -> str:
    """The version that it is set to."""
    said = str(setting(machine, "kubernetes", "version") or "")
    found = version_in(said)
    if found is None:
        raise Skipped("no version is chosen yet; cluster.version asks the cluster itself")
    if found < OLDEST:
        raise Problem(
            f"its Kubernetes is {said}; {dotted(OLDEST)} is the oldest version that the manifests support",
            f"choose a newer one (its preferences, Kubernetes, Version), or: rdctl set --kubernetes.version={SUGGESTED}",
        )
    return dotted(found)
