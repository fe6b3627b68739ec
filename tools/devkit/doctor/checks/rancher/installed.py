"""Rancher Desktop is installed, where no other cluster is in use."""

from __future__ import annotations

from devkit.checks import check
from devkit.doctor.facts.rancher import in_use
from devkit.doctor.machine import Machine


@check("rancher.installed", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """Where it was found."""
    return machine.fact(in_use)
