"""The values that Compose gives to what is left out."""

from __future__ import annotations

from devkit.compose.model import Node, derived

__all__ = ["add_defaults", "drop_empty_servers"]


def drop_empty_servers(project: Node) -> None:
    """`dns` has no empty items."""
    for service in project.mapping.get("services", Node({}, project.origin)).mapping.values():
        servers = service.get("dns")
        if servers is not None and isinstance(servers.value, list):
            servers.value[:] = [item for item in servers.value if item.value not in (None, "")]


def add_defaults(project: Node) -> None:
    """The values that Compose gives to what is left out, in place: build contexts, targets of secrets, protocols …"""
    services = project.get("services")
    if services is None or not isinstance(services.value, dict):
        return
    for service in services.value.values():
        if (build := service.get("build")) is not None and isinstance(build.value, dict):
            build.value.setdefault("context", derived(".", build, "default"))
        for secret in _list(service, "secrets"):
            source = secret.mapping.get("source")
            target = f"/run/secrets/{source.value if source else '<nil>'}"
            secret.mapping.setdefault("target", derived(target, secret, "default"))
        for port in _list(service, "ports"):
            if isinstance(port.value, dict):
                port.value.setdefault("protocol", derived("tcp", port, "default"))
                port.value.setdefault("mode", derived("ingress", port, "default"))
        for device in (
            *_list(service, "gpus"),
            *_list(service, "deploy", "resources", "reservations", "devices"),
        ):
            if not {"count", "device_ids"} & device.mapping.keys():
                device.mapping["count"] = derived("all", device, "default")


def _list(service: Node, *path: str) -> list[Node]:
    node = service.get(*path)
    return node.value if node is not None and isinstance(node.value, list) else []
