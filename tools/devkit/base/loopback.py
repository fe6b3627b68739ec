"""Ports of this machine: HTTP to one, and whether anybody listens there."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

__all__ = ["listens", "loopback", "no_authorities"]


def loopback(seconds: float) -> httpx.Client:
    """A client for `http://127.0.0.1:PORT` alone, that waits `seconds` for an answer.

    It bypasses every proxy that the shell names, and trusts no certificate authority: loading them takes 20 ms of
    CPU per client, which a polling loop would spend every time.
    """
    import httpx  # whoever only asks whether a port is open needs none of it

    return httpx.Client(timeout=seconds, trust_env=False, verify=no_authorities())


def no_authorities() -> ssl.SSLContext:
    """For a client of plain HTTP: it trusts no certificate authority, and costs nothing."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def listens(port: int, seconds: float, host: str = "127.0.0.1") -> bool:
    """Whether somebody takes connections on a port of this machine, within so many seconds."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.settimeout(seconds)
            return probe.connect_ex((host, port)) == 0
    except OSError:  # no IPv6 here
        return False
