"""One request handed to a process, and its answer handed back; the next request comes on a connection of its own."""

from __future__ import annotations

import asyncio
import re

from devkit.model import Service

__all__ = ["LARGEST_HEAD", "exchange", "path_of", "probes_of", "read_head"]

LARGEST_HEAD = 1 << 17
"""Bytes of a request's line and headers; the limit of the reader that `read_head` is given."""
_UPGRADES = re.compile(rb"^upgrade:", re.IGNORECASE | re.MULTILINE)
_CONNECTION = re.compile(rb"^(?:connection|keep-alive):[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)


async def read_head(reader: asyncio.StreamReader) -> bytes | None:
    """A request's line and headers; None where there is none."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        return None


def path_of(head: bytes) -> str:
    """What is asked for, without its query."""
    return (head.split(b" ", 2)[1:2] or [b""])[0].partition(b"?")[0].decode("latin-1")


def probes_of(service: Service) -> tuple[str, ...]:
    """The paths by which its health is asked for."""
    return (service.probes.live, service.probes.ready) if service.probes else ()


async def exchange(
    head: bytes, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Hands a request to whoever listens on a port of this machine. A WebSocket stays until it is closed. Raises OSError."""
    answers, asks = await asyncio.open_connection("127.0.0.1", port)
    asks.write(_last_of_its_connection(head))
    asking = asyncio.ensure_future(_pump(reader, asks))
    try:
        await _pump(answers, writer)
    finally:
        asking.cancel()
        asks.close()


def _last_of_its_connection(head: bytes) -> bytes:
    """The next request comes on a new one."""
    if _UPGRADES.search(head):
        return head
    return _CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n"


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(1 << 16):
        target.write(data)
        await target.drain()
