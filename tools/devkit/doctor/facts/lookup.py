"""A name looked up inside the cluster, where a pod of the platform runs."""

from __future__ import annotations

from devkit.base.errors import DevkitError
from devkit.cluster.pods import newest_ready
from devkit.doctor.facts.cluster import cluster
from devkit.doctor.facts.platform import adjusted
from devkit.doctor.machine import Machine, observed

__all__ = ["NAME", "looked_up"]

NAME = "kubernetes.default"
# The alarm ends it in the pod, too, whatever becomes of the connection.
_LOOK_UP = f"import signal, socket; signal.alarm(6); print(socket.getaddrinfo({NAME!r}, 443, socket.AF_INET)[0][4][0])"
_ALARMED = 128 + 14  # as a shell reports SIGALRM


@observed("cluster lookup")
def looked_up(machine: Machine) -> dict[str, str] | None:
    """What a ready `pod` of ours found: the `address`, or an empty one and `why` as the end of a sentence. None: there is no
    pod that could look. Raises DevkitError when the cluster does not answer."""
    from devkit.cluster.execute import execute

    platform, api = machine.fact(adjusted), machine.fact(cluster)
    namespace = platform.table.namespace
    for service in platform.table.having(lambda kind: kind.container.migrates):
        pod = newest_ready(api, namespace, service.name)
        if pod is None:
            continue
        try:
            said = execute(api, namespace, service.name, "python", "-c", _LOOK_UP, deadline=8, pod=pod.name)
        except DevkitError:
            return None  # the pod went, or has no Python
        if said.code == 0:
            return {
                "pod": pod.name,
                "address": said.stdout.decode("utf-8", "replace").strip()[:40],
                "why": "",
            }
        if said.code == _ALARMED:
            why = f"waits for the address of {NAME}: the cluster's DNS does not answer"
            return {"pod": pod.name, "address": "", "why": why}
        lines = said.stderr.decode("utf-8", "replace").strip().splitlines()
        if not lines or "gaierror" not in lines[-1]:
            return None
        reason = lines[-1].partition("]")[2].strip() or lines[-1]
        return {"pod": pod.name, "address": "", "why": f"does not find {NAME}: {reason}"}
    return None
