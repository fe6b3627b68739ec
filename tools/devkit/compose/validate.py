"""What the shapes of fields cannot say: keys that exclude each other, addresses."""

from __future__ import annotations

from devkit.compose.kinds import Kind
from devkit.compose.model import ComposeError, Node, fail
from devkit.compose.ports import is_address
from devkit.compose.project_fields import PROJECT
from devkit.findings.model import Finding

__all__ = ["check_shape", "check_values"]


def check_shape(project: Node) -> None:
    """Raises ComposeError with every key that Compose does not know and every value of a wrong type."""
    found: list[Finding] = []
    kind: Kind = PROJECT
    kind.check(project, (), found)
    if found:
        raise ComposeError(found)


def check_values(project: Node) -> None:
    """Raises ComposeError for what excludes each other or is no address."""
    for name, volume in _entries(project, "volumes"):
        _check_external(name, volume)
    for kind, keys in (("configs", ("file", "environment", "content")), ("secrets", ("file", "environment"))):
        for name, entry in _entries(project, kind):
            _check_content(f"{kind}.{name}", entry, keys)
    for name, service in _entries(project, "services"):
        for port in _list(service, "ports"):
            address = port.get("host_ip")
            if address is not None and not is_address(address.text):
                fail("bad-address", f"`{address.value}` is no address", address.place)
        for watch in _list(service, "develop", "watch"):
            path = watch.get("path")
            if path is not None and path.value == "":
                fail("empty", "the path to watch is empty", path.place)
        for device in (
            *_list(service, "gpus"),
            *_list(service, "deploy", "resources", "reservations", "devices"),
        ):
            if {"count", "device_ids"} <= device.mapping.keys():
                message = f"a device of services.{name} has both `count` and `device_ids`"
                fail("exclusive-keys", message, device.place, "keep one of the two")


def _check_external(name: str, volume: Node) -> None:
    external = volume.get("external")
    if external is None or external.value is not True:
        return
    for key, child in volume.mapping.items():
        if key not in ("name", "external") and not key.startswith("x-"):
            message = f"volumes.{name} is external, so that `{key}` cannot be set here"
            fail("exclusive-keys", message, child.at_key, "delete it, or `external`")


def _check_content(name: str, entry: Node, keys: tuple[str, ...]) -> None:
    given = [key for key in keys if key in entry.mapping]
    if len(given) > 1:
        fail("exclusive-keys", f"{name} has {' and '.join(given)}", entry.at_key, "keep one of them")
    if not given and "driver" not in entry.mapping and "external" not in entry.mapping:
        fail("missing-key", f"{name} has none of {', '.join(keys)}", entry.at_key, "add one of them")


def _entries(project: Node, kind: str) -> list[tuple[str, Node]]:
    node = project.get(kind)
    return list(node.value.items()) if node is not None and isinstance(node.value, dict) else []


def _list(service: Node, *path: str) -> list[Node]:
    node = service.get(*path)
    return node.value if node is not None and isinstance(node.value, list) else []
