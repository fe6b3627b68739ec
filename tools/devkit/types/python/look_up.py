"""Resolves and connects names in a Python container, as the service itself would."""

from __future__ import annotations

import json

__all__ = ["look_up"]

_SCRIPT = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def ask(each):
    name, address, port = each  # no port: it is not connected to
    try:
        found = sorted({each[4][0] for each in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
    except OSError as problem:
        return f"{name} does not resolve ({problem.strerror})"
    if found != [address]:
        return f"{name} is {', '.join(found)}, not {address}"
    try:
        if port:
            socket.create_connection((name, port), timeout=5).close()
    except OSError as problem:
        return f"{name}:{port} cannot be reached ({problem.strerror or problem})"

with ThreadPoolExecutor(8) as pool:
    print(json.dumps([wrong for wrong in pool.map(ask, json.loads(sys.argv[1])) if wrong]))
"""


def look_up(asked: list[tuple[str, str, int | None]]) -> tuple[str, ...]:
    """The command, for (name, address, port or None: not connected to) each; it prints a JSON list of what is wrong."""
    return ("python", "-c", _SCRIPT, json.dumps(asked))
