"""Rancher Desktop's Kubernetes is on."""

from __future__ import annotations

from devkit.checks import Problem, Skipped, check
from devkit.doctor.facts.rancher import setting, settings, settings_fix
from devkit.doctor.machine import Machine


@check("rancher.kubernetes", __doc__, after=("rancher.installed",), engine="tilt")
def run(machine: Machine) -> str:
    """Where it is set."""
    try:
        enabled, where = setting(machine, "kubernetes", "enabled"), machine.fact(settings)[0]
    except Problem:
        raise Skipped("not checked because rancher.engine failed") from None
    if enabled is not True:
        raise Problem(
            f"its Kubernetes is off ({where})", fix=settings_fix(machine, "--kubernetes-enabled=true")
        )
    return f"on ({where})"
