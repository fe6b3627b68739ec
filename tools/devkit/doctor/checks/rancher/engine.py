"""Rancher Desktop's container engine is moby, so that the cluster sees what Docker builds."""

from __future__ import annotations

from devkit.checks import Problem, Skipped, check, warning
from devkit.doctor.facts.rancher import never_started, setting, settings, settings_fix
from devkit.doctor.machine import Machine

LINK = "https://docs.rancherdesktop.io/ui/preferences/container-engine/general"


@check("rancher.engine", __doc__, after=("rancher.installed",), engine="tilt")
def run(machine: Machine) -> str:
    """The engine, and where it is set."""
    if never_started(machine):
        raise Skipped("not checked because rancher.running failed")
    name, where = setting(machine, "containerEngine", "name"), machine.fact(settings)[0]
    if name is None:
        raise warning(f"{where} does not say which container engine is used", "update Rancher Desktop")
    if name != "moby":
        raise Problem(
            f"its container engine is {name}: there is no Docker to build with, and the cluster would not see what "
            "another one builds",
            fix=settings_fix(machine, "--container-engine.name=moby"),
            link=LINK,
        )
    return f"moby ({where})"
