"""The cluster, as it describes itself. Everything here is read; what uses it comes after cluster.endpoint."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from devkit.checks import Fix
from devkit.cluster.endpoint import parse_server
from devkit.doctor.facts.context import current
from devkit.doctor.machine import Machine, observed
from devkit.table.quantity import parse_quantity

if TYPE_CHECKING:
    from devkit.cluster.client import Cluster

__all__ = [
    "api",
    "api_list",
    "clock",
    "cluster",
    "condition",
    "listens",
    "nodes",
    "patch_fix",
    "pods",
    "quantity",
    "server_version",
    "storage_classes",
]

Json = dict[str, Any]
_SECONDS = 4.0
_LEFT_OUT = frozenset(
    {"annotations", "managedFields", "env", "envFrom", "args", "command", "data", "binaryData", "stringData"}
)
_KEPT_ANNOTATIONS = frozenset({"storageclass.kubernetes.io/is-default-class"})


def cluster(machine: Machine) -> Cluster:
    """A connection to the current context's cluster, which cluster.guard let through. Raises DevkitError."""
    from devkit.cluster.client import connect

    return connect(machine.fact(current))


@observed("cluster")
def api(machine: Machine, path: str) -> Json | None:
    """What the API server has at a path, without what may be a secret: variables, annotations, data. None: there is nothing.

    Raises DevkitError."""
    from urllib.parse import parse_qsl

    bare, _, query = path.partition("?")
    found = machine.fact(cluster).find(bare, parse_qsl(query), seconds=_SECONDS)
    return None if found is None else _scrubbed(found)


def api_list(machine: Machine, path: str) -> Sequence[Json]:
    """The items of a collection. Raises DevkitError."""
    return (api(machine, path) or {}).get("items") or []


@observed("listens")
def listens(_: Machine, server: str) -> bool:
    """Whether anybody takes a connection at an API server's URL."""
    endpoint = parse_server(server)
    if endpoint is None:
        return False
    try:
        socket.create_connection((endpoint.host, endpoint.port), timeout=1).close()
    except OSError:
        return False
    return True


@observed("cluster clock")
def clock(machine: Machine) -> Json:
    """The `date` of an answer of the API server, as it writes it, and this machine's seconds `before` and `after` it."""
    before = time.time()
    said = machine.fact(cluster).answer_headers("/version").get("Date")
    return {"before": before, "date": said, "after": time.time()}


def server_version(machine: Machine) -> Json:
    """What the API server says of its version. Raises DevkitError."""
    return api(machine, "/version") or {}


def nodes(machine: Machine) -> Sequence[Json]:
    """The nodes, as the API has them."""
    return api_list(machine, "/api/v1/nodes")


def pods(machine: Machine) -> Sequence[Json]:
    """Every pod of the cluster that has not ended."""
    ended = ("Succeeded", "Failed")
    found = api_list(machine, "/api/v1/pods")
    return [pod for pod in found if (pod.get("status") or {}).get("phase") not in ended]


def storage_classes(machine: Machine) -> Sequence[Json]:
    """The StorageClasses."""
    return api_list(machine, "/apis/storage.k8s.io/v1/storageclasses")


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


def _scrubbed(value: Any) -> Any:
    """Without what an object may hold of secrets, and without what only its history needs."""
    if isinstance(value, list):
        return [_scrubbed(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _scrubbed(each) for key, each in value.items() if key not in _LEFT_OUT}
    notes = value.get("annotations")
    if isinstance(notes, dict):
        kept["annotations"] = {key: str(each) for key, each in notes.items() if key in _KEPT_ANNOTATIONS}
    return kept
