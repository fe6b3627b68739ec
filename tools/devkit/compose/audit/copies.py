"""What lets a second copy of a service run beside the first (phase 9)."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.compose.audit.rule import Violation, rule
from devkit.compose.audit.stack import Role, Service, Stack
from devkit.compose.model import Node
from devkit.findings.model import Severity

__all__ = ["RULES", "alone"]

_SOCKET = "docker.sock"
_ADDRESSES = {"ipv4_address", "ipv6_address", "mac_address"}


def alone(service: Service) -> list[str]:
    """Why two copies of it cannot run at once."""
    found = []
    if service.published:
        found.append("a port of the host")
    if service.get("container_name") is not None:
        found.append("a container name")
    if any(_is_state(volume) for volume in service.items("volumes")):
        found.append("a volume that it writes to")
    if service.text("network_mode") == "host":
        found.append("the host's network")
    if any(
        _ADDRESSES & set(network.mapping) for network in service.entries("networks").values() if network.value
    ):
        found.append("an address of its own")
    return found


def _is_state(volume: Node) -> bool:
    kind, read_only = volume.get("type"), volume.get("read_only")
    return (
        kind is not None and kind.value in ("bind", "volume") and not (read_only and read_only.value is True)
    )


@rule("ports", "the proxy alone has ports of the host")
def ports(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.role in (Role.PROXY, Role.DATABASE, Role.STORE):
            continue
        for port in service.published:
            number, target = port.mapping["published"], port.get("target")
            wanted = target.plain() if target is not None else "PORT"
            message = f"{service.name} takes port {number.plain()} of the host: a second copy cannot"
            yield Violation(
                port.place, message, f'write `expose: ["{wanted}"]`, and let the proxy lead to it'
            )


@rule("store-ports", "databases and caches are not to be reached from outside")
def store_ports(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        if service.role not in (Role.DATABASE, Role.STORE):
            continue
        for port in service.published:
            address = port.get("host_ip")
            if address is None or address.plain() not in ("127.0.0.1", "::1"):
                message = f"{service.name} listens on every address of the host; Docker opens its port past the firewall"
                yield Violation(port.place, message, "write `expose`, or publish it on 127.0.0.1")


@rule("expose", "applications say which port they listen on", severity=Severity.WARNING)
def expose(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        if not service.exposed:
            message = f"{service.name} names no port: nothing that reads this file can tell where it listens"
            yield Violation(service.place(), message, 'add `expose: ["PORT"]`')


@rule("replicas", "applications say how many copies run", severity=Severity.WARNING)
def replicas(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        if service.get("deploy", "replicas") is None and service.get("scale") is None:
            edits = service.into_deploy(["replicas: 1"])
            message = f"{service.name} does not say how many copies run"
            yield Violation(service.place("deploy"), message, "add `deploy.replicas: 1`", tuple(edits))


@rule("container-name", "no application has a container name, of which there can be one")
def container_name(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        if service.get("container_name") is not None:
            message = f"{service.name} is always called {service.text('container_name')}: a second copy cannot start"
            yield Violation(
                service.place("container_name"), message, "delete it; the service's name is its host name"
            )


@rule("fixed-address", "no application has a host name or an address of its own")
def fixed_address(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        if service.get("hostname") is not None:
            message = f"every copy of {service.name} calls itself {service.text('hostname')}: they cannot be told apart"
            yield Violation(service.place("hostname"), message, "delete it")
        for name, network in service.entries("networks").items():
            for key in sorted(_ADDRESSES):
                if (found := network.get(key)) is not None:
                    message = f"{service.name} has the address {found.plain()} in {name}: a second copy cannot start"
                    yield Violation(found.at_key, message, "delete it, and use the service's name")


@rule("volumes", "no application writes to what another copy, or another host, does not have")
def volumes(stack: Stack) -> Iterator[Violation]:
    for service in stack.applications():
        for volume in service.items("volumes"):
            if _is_state(volume):
                source = volume.get("source")
                name = source.plain() if source is not None else "an unnamed volume"
                message = (
                    f"{service.name} can write to {name}: its state is on this host, and two copies share it"
                )
                fix = "keep state in a database or an object store; add `:ro` to what is only read"
                yield Violation(volume.place, message, fix)


@rule("host-paths", "what is mounted comes with the project", severity=Severity.WARNING)
def host_paths(stack: Stack) -> Iterator[Violation]:
    folder = stack.project.folder
    for service in stack.services:
        for volume in service.items("volumes"):
            source, kind = volume.get("source"), volume.get("type")
            path = str(source.plain()) if source is not None else ""
            if kind is None or kind.value != "bind" or _SOCKET in path:
                continue
            if not any(path.startswith(str(near)) for near in (folder, *folder.parents[:2])):
                message = f"{service.name} mounts {path} of the host, which another host may not have"
                yield Violation(
                    volume.place, message, "put it beside the Compose file, or into a named volume"
                )


@rule(
    "docker-socket",
    "Docker's socket is only where it is needed, and read-only",
    severity=Severity.WARNING,
)
def docker_socket(stack: Stack) -> Iterator[Violation]:
    for service in stack.services:
        for volume in service.items("volumes"):
            source = volume.get("source")
            if source is None or _SOCKET not in str(source.plain()):
                continue
            if service.is_application:
                message = f"{service.name} has Docker's socket: whoever controls it controls the host"
                yield Violation(volume.place, message, "take it out")
            elif _is_state(volume):
                message = f"{service.name} has Docker's socket with the right to replace it"
                yield Violation(volume.place, message, "add `:ro`")


RULES = (
    ports, store_ports, expose, replicas, container_name, fixed_address, volumes, host_paths, docker_socket,
)  # fmt: skip
