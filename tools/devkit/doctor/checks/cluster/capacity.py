"""The node has room for what the services request."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from devkit.checks import Problem, Problems, Skipped, check
from devkit.doctor.facts.cluster import nodes, pods, quantity
from devkit.doctor.facts.context import product
from devkit.doctor.facts.platform import adjusted, cores, cpu_requested, gigabytes, memory_requested
from devkit.doctor.facts.rancher_size import lacks_cores, lacks_memory
from devkit.doctor.machine import Machine


@check("cluster.capacity", __doc__, after=("cluster.node", "project.table"), engine="tilt")
def run(machine: Machine) -> str:
    """What is free of what the nodes give away, other namespaces' pods taken off, and what is asked for."""
    namespace = machine.fact(adjusted).table.namespace
    placed = [pod for pod in machine.fact(pods) if (pod.get("spec") or {}).get("nodeName")]
    others = [pod for pod in placed if pod["metadata"]["namespace"] != namespace]
    lacking: list[Problem] = []
    seen: list[str] = []
    for what, asked, shown in (
        ("cpu", machine.fact(cpu_requested), cores),
        ("memory", machine.fact(memory_requested), gigabytes),
    ):
        given = sum(
            (quantity(node["status"]["allocatable"].get(what)) for node in machine.fact(nodes)), Decimal(0)
        )
        taken = sum((_requested(pod, what) for pod in others), Decimal(0))
        name = "cores" if what == "cpu" else "memory"
        if asked > given - taken and not _told(machine, what):
            lacking.append(
                _lacking(name, shown(asked), shown(given), shown(taken), _largest(others, what), what)
            )
        seen.append(
            f"{shown(given - taken)}{' cores' if what == 'cpu' else ''} free, {shown(asked)} asked for"
        )
    if lacking:
        raise Problems(lacking)
    return "; ".join(seen)


def _told(machine: Machine, what: str) -> bool:
    """Whether rancher.cores or rancher.memory says that Rancher Desktop's machine is too small."""
    if machine.fact(product) != "rancher-desktop":
        return False
    try:
        return lacks_cores(machine) if what == "cpu" else lacks_memory(machine)
    except (Problem, Skipped):  # its size is not known
        return False


def _lacking(name: str, asked: str, given: str, taken: str, largest: str, part: str) -> Problem:
    other = f", of which other namespaces' pods have {taken}{largest}" if largest else ""
    return Problem(
        f"the services request {asked} {name if name == 'cores' else 'of memory'}, the cluster has {given}{other}: the last pods "
        "would stay Pending",
        'give the cluster more, stop what else runs there, or ask for less: "resource_scale": "0.5" in tilt_config.json',
        part=part,
    )


def _largest(pods: list[dict[str, Any]], what: str) -> str:
    """The namespace that takes most."""
    sums: dict[str, Decimal] = {}
    for pod in pods:
        name = str(pod["metadata"]["namespace"])
        sums[name] = sums.get(name, Decimal(0)) + _requested(pod, what)
    if not sums or not max(sums.values()):
        return ""
    return f" (most of it {max(sums, key=lambda name: sums[name])})"


def _requested(pod: dict[str, Any], what: str) -> Decimal:
    """As the scheduler counts: all containers together, or the largest of those that run before them."""
    spec = pod.get("spec") or {}

    def of(container: dict[str, Any]) -> Decimal:
        return quantity(((container.get("resources") or {}).get("requests") or {}).get(what) or 0)

    initial = spec.get("initContainers") or []
    beside = sum((of(c) for c in initial if c.get("restartPolicy") == "Always"), Decimal(0))
    before = max((of(c) for c in initial if c.get("restartPolicy") != "Always"), default=Decimal(0))
    return max(sum((of(c) for c in spec.get("containers") or []), beside), before)
