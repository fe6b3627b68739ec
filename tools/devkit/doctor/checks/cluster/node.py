"""A node is ready to accept pods."""

from __future__ import annotations

from typing import Any

from devkit.checks import Problem, Problems, check, note, warning
from devkit.doctor.facts.cluster import condition, nodes, patch_fix
from devkit.doctor.machine import Machine

_PRESSURE = {
    "DiskPressure": "its disk is full: pods are evicted and images deleted (docker image prune, or give the machine a larger disk)",
    "MemoryPressure": "its memory is full: pods are evicted (give the machine more, or stop some)",
    "PIDPressure": "it has too many processes: pods are evicted",
}
_CONTROL = {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}
_BLOCKING = ("NoSchedule", "NoExecute")


@check("cluster.node", __doc__, after=("cluster.endpoint",), engine="tilt")
def run(machine: Machine) -> str:
    """Raises Problems: an error when no node can take a pod, warnings for those that cannot beside one that can."""
    found = machine.fact(nodes)
    if not found:
        raise Problem("the cluster has no node", "restart the cluster")
    against = {str(node["metadata"]["name"]): _against(node) for node in found}
    bad = {name: problem for name, problem in against.items() if problem}
    if len(bad) == len(found):
        raise Problems(bad.values())
    # Where there are workers, a control plane that takes no pods is as it should be.
    controls = {str(node["metadata"]["name"]) for node in found if _only_controls(node)}
    if bad := {name: problem for name, problem in bad.items() if name not in controls}:
        raise Problems(note(p.message, p.advice, part=p.part) for p in bad.values())
    pressed = [pressed for node in found for pressed in _pressures(node)]
    if pressed:
        raise Problems(pressed)
    return ", ".join(against)


def _against(node: dict[str, Any]) -> Problem | None:
    """Why it takes no pod."""
    name, spec = str(node["metadata"]["name"]), node.get("spec") or {}
    ready = condition(node, "Ready")
    if ready.get("status") != "True":
        why = ready.get("message") or ready.get("reason") or "it does not say why"
        return Problem(
            f"the node {name} is not ready: {why}",
            "wait a minute; if it stays so, restart the cluster",
            part=name,
        )
    if spec.get("unschedulable"):
        path = f"/api/v1/nodes/{name}"
        uncordoned = patch_fix(
            f"kubectl uncordon {name}", path, {"spec": {"unschedulable": None}}, "it accepts pods again"
        )
        return Problem(f"the node {name} is cordoned: it accepts no new pods", fix=uncordoned, part=name)
    taints = [t for t in spec.get("taints") or [] if t.get("effect") in _BLOCKING]
    pressures = list(_pressures(node))
    if taints and pressures:
        return Problem(pressures[0].message, pressures[0].advice, part=name)
    if taints:
        keys = ", ".join(f"{t.get('key')}:{t.get('effect')}" for t in taints)
        first = taints[0]
        return Problem(
            f"the node {name} is tainted ({keys}): it accepts none of our pods",
            f"kubectl taint nodes {name} {first.get('key')}:{first.get('effect')}-",
            part=name,
        )
    return None


def _only_controls(node: dict[str, Any]) -> bool:
    """Whether nothing but its role as a control plane keeps pods from it."""
    spec = node.get("spec") or {}
    keys = {str(t.get("key")) for t in spec.get("taints") or [] if t.get("effect") in _BLOCKING}
    ready = condition(node, "Ready").get("status") == "True" and not spec.get("unschedulable")
    return ready and bool(keys) and keys <= _CONTROL


def _pressures(node: dict[str, Any]) -> list[Problem]:
    name = str(node["metadata"]["name"])
    return [
        warning(
            f"the node {name} has {kind}: {words.partition(' (')[0]}",
            words.partition(" (")[2].rstrip(")") or None,
            part=name,
        )
        for kind, words in _PRESSURE.items()
        if condition(node, kind).get("status") == "True"
    ]
