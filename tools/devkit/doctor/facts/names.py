"""Names → addresses, with a deadline that the system's resolver does not have."""

from __future__ import annotations

import queue
import socket
import threading

from devkit.doctor.machine import Machine, observed

__all__ = ["SECONDS", "addresses", "localhost"]

SECONDS = 2.0


@observed("addresses of localhost")
def localhost(_: Machine) -> list[str]:
    """As `addresses`."""
    return addresses("localhost", SECONDS)


def addresses(host: str, seconds: float) -> list[str]:
    """In the resolver's order, each once. Raises OSError, TimeoutError among them; UnicodeError for what is not a name."""
    answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except Exception as problem:
            answer.put(problem)

    threading.Thread(target=ask, daemon=True).start()
    try:
        said = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if isinstance(said, Exception):
        raise said
    return said
