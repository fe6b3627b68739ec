"""Where an API server is reached: the address in a kubeconfig, taken apart and compared."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Endpoint", "Published", "parse_server"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# Names that stand for loopback. Docker Desktop writes the second one into the hosts file.
_LOOPBACK_NAMES = ("localhost", "kubernetes.docker.internal")
# Narrower than `is_private`, which counts addresses for documentation and others in.
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Endpoint:
    """Host and port of a server. `address` is None for a host that is a name other than those of loopback."""

    host: str
    port: int
    address: IPAddress | None

    @property
    def is_loopback(self) -> bool:
        """Whether it never leaves this machine; 0.0.0.0, which k3d writes, is this machine too."""
        return self.host in _LOOPBACK_NAMES or (
            self.address is not None and (self.address.is_loopback or self.address.is_unspecified)
        )

    @property
    def is_private(self) -> bool:
        """Whether it is an address as bridges and virtual machines have."""
        return self.address is not None and any(self.address in network for network in _PRIVATE)


@dataclass(frozen=True)
class Published:
    """An address at which a product offers an API server on this machine. `port` None: the product does not say."""

    host: str
    port: int | None

    def explains(self, endpoint: Endpoint) -> bool:
        """Whether a connection to `endpoint` arrives here."""
        if self.port is not None and self.port != endpoint.port:
            return False
        published = _address(self.host)
        if published is None:
            return endpoint.host == self.host
        if endpoint.is_loopback and (published.is_loopback or published.is_unspecified):
            return _same_loopback(published, endpoint)
        return published == endpoint.address


def parse_server(server: str) -> Endpoint | None:
    """`https://127.0.0.1:6443` taken apart; None when it is not such a URL."""
    try:
        parts = urlsplit(server if "//" in server else f"https://{server}")
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if not host or port is None:
        return None
    return Endpoint(host, port, _address(host))


def _same_loopback(published: IPAddress, endpoint: Endpoint) -> bool:
    """::1 and 127.0.0.1 are two listeners: what is published on one does not explain the other."""
    if endpoint.address is None:
        return True
    if published.is_unspecified or endpoint.address.is_unspecified:
        return published.version == endpoint.address.version
    return published == endpoint.address


def _address(host: str) -> IPAddress | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
