"""How one knows that a process answers: by its own protocol, on loopback, from outside."""

from __future__ import annotations

import contextlib
import json
import struct
from dataclasses import dataclass

__all__ = ["HttpReady", "PostgresReady", "RedisReady", "http_problem"]

# Postgres's SSLRequest: the smallest message that a live server answers, with one byte.
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@dataclass(frozen=True)
class PostgresReady:
    """A Postgres server answers."""

    async def problem(self, port: int) -> str | None:
        return None if await _exchange(port, _SSL_REQUEST, 2.0) in (b"N", b"S") else "no answer yet"


@dataclass(frozen=True)
class RedisReady:
    """A Redis server answers and has loaded its data."""

    async def problem(self, port: int) -> str | None:
        answer = await _exchange(port, b"PING\r\n", 2.0)
        return None if answer.startswith(b"+PONG") else "no answer yet"


@dataclass(frozen=True)
class HttpReady:
    """GET of `path` answers 2xx or 3xx."""

    path: str = "/"

    async def problem(self, port: int) -> str | None:
        problem = await http_problem(port, self.path)
        return "no answer yet" if problem == "no answer" else problem


async def http_problem(port: int, path: str, timeout: float = 5.0) -> str | None:
    """None when GET answers 2xx or 3xx; otherwise what is wrong, in a few words.

    A /health/ready body names the checks that are down, or says that the service is starting or draining.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nAccept: */*\r\n\r\n"
    raw = await _exchange(port, request.encode(), timeout, whole=True)
    if not raw:
        return "no answer"
    head, _, body = raw.partition(b"\r\n\r\n")
    try:
        status = int(head.split(b" ", 2)[1])
    except (IndexError, ValueError):
        return "no HTTP"
    if status < 400:
        return None
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
        start, end = body.find(b"{"), body.rfind(b"}")
        said = json.loads(body[start : end + 1])
        if down := [check["name"] for check in said["checks"] if check["state"] not in ("up", "degraded")]:
            return "waits for " + ", ".join(down)
        if said["status"] in ("starting", "draining"):
            return str(said["status"])
    return f"HTTP {status}"


async def _exchange(port: int, request: bytes, timeout: float, *, whole: bool = False) -> bytes:
    """Sends, and returns what comes back: the first bytes, or all until the end. Empty on any failure."""
    import asyncio  # every command that reads the table imports this module; few wait for anything

    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                await writer.drain()
                return await reader.read(1 << 20 if not whole else -1)
            finally:
                writer.close()
    return b""
