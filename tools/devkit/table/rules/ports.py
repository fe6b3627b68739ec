"""Ports: each listens once on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.findings.model import Finding, Place
from devkit.table.rules.context import Rule, RuleContext
from devkit.table.source_map import error

__all__ = ["RESERVED_PORTS", "RULES"]

# Ports of this machine that belong to others.
RESERVED_PORTS = {
    6443: "Kubernetes' API",
    10250: "the kubelet",
    10350: "Tilt's UI",
}
_LEAST = 1024


def _ports(context: RuleContext) -> Iterator[tuple[int, str, str, Place]]:
    for service in context.table.services.values():
        for key, port in (("port", service.port), ("debug_port", service.debug_port)):
            if port is not None:
                yield port, service.name, key, context.source_map.value("services", service.name, key)


def duplicate_port(context: RuleContext) -> Iterator[Finding]:
    first: dict[int, tuple[str, str, Place]] = {}
    used = {port for port, *_ in _ports(context)}
    for port, name, key, place in _ports(context):
        if port not in first:
            first[port] = (name, key, place)
            continue
        other, other_key, other_place = first[port]
        message = f"port {port} is already the `{other_key}` of `{other}` (line {other_place.line})"
        free = next((p for p in range(port + 1, 65536) if p not in used and p not in RESERVED_PORTS), None)
        yield error("duplicate-port", message, place, f"{free} is free" if free else "choose another port")


def reserved_port(context: RuleContext) -> Iterator[Finding]:
    for port, _, key, place in _ports(context):
        if port in RESERVED_PORTS:
            message = f"`{key}` {port} belongs to {RESERVED_PORTS[port]}"
            yield error("reserved-port", message, place, "choose another port")
        elif port < _LEAST:
            message = f"`{key}` {port} is below {_LEAST}, where only root may listen"
            fix = f"{port + 8000} would do" if port + 8000 <= 65535 else "choose a higher port"
            yield error("privileged-port", message, place, fix)


RULES: tuple[Rule, ...] = (duplicate_port, reserved_port)
