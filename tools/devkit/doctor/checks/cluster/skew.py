"""kubectl and the cluster are at most one minor version apart."""

from __future__ import annotations

from devkit.base.versions import dotted, version_in
from devkit.checks import Problem, Skipped, check, warning
from devkit.doctor.facts.cluster import server_version
from devkit.doctor.facts.kubectl import client_version
from devkit.doctor.facts.rancher import bin_folder
from devkit.doctor.machine import Machine

LINK = "https://kubernetes.io/releases/version-skew-policy/"


@check("cluster.skew", __doc__, after=("cluster.version",), engine="tilt")
def run(machine: Machine) -> str:
    """Both versions."""
    server = version_in(str(machine.fact(server_version).get("gitVersion", "")))
    try:
        client = machine.fact(client_version)
    except Problem:
        raise Skipped("not checked because tools.kubectl failed") from None
    if server is None:
        raise Skipped("the API server does not say its version")
    if client[0] != server[0] or abs(client[1] - server[1]) > 1:
        bundled = bin_folder(machine, "kubectl")
        raise warning(
            f"kubectl is {dotted(client)}, the cluster {dotted(server)}: more than one minor version apart",
            f"use the one that came with the cluster: export PATH={bundled}:$PATH"
            if bundled
            else f"install kubectl {server[0]}.{server[1]}",
            link=LINK,
        )
    return f"{dotted(client)}, {dotted(server)}"
