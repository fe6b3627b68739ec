"""kubectl is installed."""

from __future__ import annotations

from devkit.base.versions import dotted
from devkit.checks import Skipped, check, warning
from devkit.doctor.facts.kubectl import client_version
from devkit.doctor.facts.rancher import bin_folder, never_started
from devkit.doctor.machine import Machine

LINK = "https://kubernetes.io/docs/tasks/tools/"


@check("tools.kubectl", __doc__, engine="tilt")
def run(machine: Machine) -> str:
    """Its version. Neither devkit nor Tilt calls it, but people do, and every fix of a cluster names it."""
    if machine.program("kubectl") is None:
        if never_started(machine):
            raise Skipped("not checked because rancher.running failed")
        what = "kubectl is not on PATH"
        if folder := bin_folder(machine, "kubectl"):
            if machine.program("docker") is None and bin_folder(machine, "docker"):
                raise Skipped("not checked because tools.docker failed")
            raise warning(what, f"put Rancher Desktop's on PATH: export PATH={folder}:$PATH")
        raise warning(what, "install it", link=LINK)
    return dotted(machine.fact(client_version))
