"""Redis by its own protocol."""

from __future__ import annotations

import socket

from devkit.checks import Problem
from devkit.model import Service, VerifySite

__all__ = ["ask_redis"]

_TIMEOUT = 10


def ask_redis(site: VerifySite, service: Service) -> str:
    """PING, and which version it is. Raises Problem with what it answers instead."""
    try:
        with socket.create_connection(("127.0.0.1", site.port(service.name)), timeout=_TIMEOUT) as connection:
            connection.sendall(b"PING\r\nINFO server\r\n")
            said = b""
            while b"redis_version:" not in said or not said.split(b"redis_version:")[1].count(b"\r\n"):
                part = connection.recv(4096)
                said += part
                if not part or not said.startswith(b"+PONG"[: len(said)]):
                    break
    except TimeoutError:
        raise Problem(f"what listens does not answer PING within {_TIMEOUT} s") from None
    except OSError as problem:
        raise Problem(f"the connection breaks off: {problem.strerror or problem}") from None
    if said.startswith(b"+PONG"):
        version = said.partition(b"redis_version:")[2].split(b"\r\n")[0].decode("ascii", "replace")
        return f"Redis {version}".strip()
    if said.startswith((b"-LOADING", b"-NOAUTH", b"-BUSY")):
        raise Problem(f"Redis says {said.split(bytes([13]))[0][1:80].decode('ascii', 'replace')}")
    raise Problem("what answers is not Redis" if said else "the connection is closed without an answer")
