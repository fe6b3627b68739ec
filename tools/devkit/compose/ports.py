"""A port in its short form: `[IP:][HOST:]CONTAINER[/PROTOCOL]`, with ranges."""

from __future__ import annotations

import ipaddress
import re
from typing import NoReturn

from devkit.compose.model import Node, derived, fail

__all__ = ["is_address", "long_ports"]

_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+)(?:-.*)?)?")
_LARGEST = 2**16
_PROTOCOLS = ("tcp", "udp", "sctp")


def long_ports(node: Node) -> list[Node]:
    """The short form as one or, for a range, several of the long one. Raises ComposeError."""
    text = str(node.value)
    address, host, container = _split(text)
    container, _, protocol = container.partition("/")
    protocol = (protocol or "tcp").lower()
    if not container:
        _unclear(node, "has no port of the container")
    if protocol not in _PROTOCOLS:
        _unclear(node, f"has the protocol `{protocol}`; there are tcp, udp and sctp")
    if address.startswith("["):
        address = address[1:-1] if address.endswith("]") else " "
    if address and not is_address(address):
        _unclear(node, f"has `{_split(text)[0]}` where an address belongs")
    first, last = _range(node, container)
    host_first, host_last = _range(node, host) if host else (0, 0)
    if host and last - first != host_last - host_first and first != last:
        _unclear(node, "has two ranges that are not equally long")
    found = []
    for offset in range(last - first + 1):
        published = str(host_first + offset) if host else ""
        if host and first == last and host_first != host_last:
            published += f"-{host_last}"
        entries: dict[str, Node] = {"mode": derived("ingress", node)}
        if address:
            entries["host_ip"] = derived(address, node)
        if first + offset:  # Compose loses a port 0, and then misses it
            entries["target"] = derived(first + offset, node)
        if published:
            entries["published"] = derived(published, node)
        entries["protocol"] = derived(protocol, node)
        found.append((f"{first + offset}/{protocol}", derived(entries, node)))
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]


def is_address(text: str) -> bool:
    """Whether it is an IPv4 or IPv6 address without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _split(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    match len(parts):
        case 1:
            return "", "", parts[0]
        case 2:
            return "", parts[0], parts[1]
        case _:
            return ":".join(parts[:-2]), parts[-2], parts[-1]


def _range(node: Node, text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None:
        _unclear(node, f"has `{text}` where a port belongs")
    first, last = int(match[1]), int(match[2] or match[1])
    if first >= _LARGEST or last >= _LARGEST or last < first:
        _unclear(node, f"has `{text}`, which is no port from 0 to 65535")
    return first, last


def _unclear(node: Node, why: str) -> NoReturn:
    fail("bad-port", f"the port `{node.value}` {why}", node.place, 'write "HOST:CONTAINER", in quotes')
