"""The cluster, as it describes itself. Everything here is read; what uses it comes AFTER cluster.endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from devkit.checks import Fix
from devkit.doctor.facts.context import current
from devkit.doctor.machine import Machine
from devkit.table.quantity import parse_quantity

if TYPE_CHECKING:
    from devkit.cluster.client import Cluster

__all__ = [
    "cluster",
    "condition",
    "nodes",
    "patch_fix",
    "pods",
    "quantity",
    "server_version",
    "storage_classes",
]

Json = dict[str, Any]
_SECONDS = 4.0


def cluster(machine: Machine) -> Cluster:
    """A connection to the current context's cluster, which cluster.guard let through. Raises DevkitError."""
    from devkit.cluster.client import connect

    return connect(machine.fact(current))


def server_version(machine: Machine) -> Json:
    """What the API server says of its version. Raises DevkitError."""
    return machine.fact(cluster).get("/version", seconds=_SECONDS)


def nodes(machine: Machine) -> Sequence[Json]:
    """The nodes, as the API has them."""
    return _items(machine, "/api/v1/nodes")


def pods(machine: Machine) -> Sequence[Json]:
    """Every pod of the cluster that has not ended."""
    ended = ("Succeeded", "Failed")
    found = _items(machine, "/api/v1/pods")
    return [pod for pod in found if (pod.get("status") or {}).get("phase") not in ended]


def storage_classes(machine: Machine) -> Sequence[Json]:
    """The StorageClasses."""
    return _items(machine, "/apis/storage.k8s.io/v1/storageclasses")


def patch_fix(command: str, path: str, changes: Json, effect: str) -> Fix:
    """A fix that merges `changes` into the object at `path`; `command` is how a person would do it."""

    def apply(machine: Machine) -> None:
        machine.fact(cluster).patch(path, changes)

    return Fix(command, apply, effect)


def condition(object: Json, kind: str) -> Json:
    """One of an object's conditions; empty when it has none of that type."""
    found = ((object.get("status") or {}).get("conditions")) or []
    return next((one for one in found if one.get("type") == kind), {})


def quantity(text: object) -> Decimal:
    """An amount as the API writes it; 0 for what is none."""
    try:
        return parse_quantity(str(text))
    except ValueError:
        return Decimal(0)


def _items(machine: Machine, path: str) -> Sequence[Json]:
    items: list[Json] = machine.fact(cluster).get(path, seconds=_SECONDS).get("items") or []
    return items
