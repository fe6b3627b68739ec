"""Who a client is: its address, or the one that a trusted proxy says it forwards for."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

__all__ = ["Networks", "client_key", "networks", "within"]

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]


def networks(text: str) -> Networks:
    """Addresses and CIDRs, separated by commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


@lru_cache(maxsize=4096)
def within(address: str, trusted: Networks) -> bool:
    """Whether an address is in one of the networks; what is no address is in none."""
    ip = _parsed(address)
    return ip is not None and any(ip in network for network in trusted)


@lru_cache(maxsize=4096)
def client_key(address: str) -> str:
    """What a client is counted by: its IPv4 address, or its IPv6 network, of which one client has all addresses."""
    ip = _parsed(address)
    if isinstance(ip, IPv6Address):
        return str(IPv6Network((int(ip) >> 64 << 64, 64)))
    return str(ip) if ip else address[:64]


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip
