"""Bytes sent to a service as they are, and what it answers."""

from __future__ import annotations

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.support.polling import PATIENCE

__all__ = ["connected", "exchange", "exchanges", "received", "statuses"]


def connected(port: int) -> socket.socket:
    """A connection on which nothing waits longer than a test may."""
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def received(connection: socket.socket, quiet: float | None = None) -> bytes:
    """All that comes until the service closes, or, once it has said something, is `quiet` for so many seconds. Raises
    TimeoutError when it does neither."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
            connection.settimeout(quiet or PATIENCE)
    except ConnectionError:  # the service closed before it had read all
        pass
    except TimeoutError:
        if not (quiet and parts):
            raise
    return b"".join(parts)


def exchange(port: int, request: bytes, quiet: float | None = None) -> bytes:
    """The answers to a request on a connection of its own."""
    with connected(port) as connection:
        with suppress(ConnectionError):  # refused before all was sent
            connection.sendall(request)
        return received(connection, quiet)


def exchanges(port: int, requests: list[bytes], at_once: int, quiet: float | None = None) -> list[bytes]:
    """The answers to many, so many at a time."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda request: exchange(port, request, quiet), requests))


def statuses(answers: bytes) -> list[int]:
    """The status of each answer in it."""
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]
