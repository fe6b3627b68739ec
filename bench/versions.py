"""A service that says which version it is, saved again and again."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

from bench.clone import Clone

__all__ = ["PACKAGE", "PORT", "SERVICE", "add_route", "answers", "save", "source"]

SERVICE, PACKAGE, PORT = "order-service", "order_service", 3001
_ROUTE = '\n\n@app.get("/bench")\ndef bench() -> int:\n    return 0\n'
# Saves of a person are seconds apart; also, byte code is matched to whole seconds.
_APART = 1.5


def source(made: Clone) -> Path:
    """The service's module in a clone."""
    return made.root / "apps" / SERVICE / "src" / PACKAGE / "main.py"


def add_route(made: Clone) -> None:
    """The service answers with its version, 0, at /bench."""
    with source(made).open("a") as file:
        file.write(_ROUTE)


def save(made: Clone, port: int, version: int) -> float:
    """Saves another version; seconds until that one answers."""
    path = source(made)
    head, _, _ = path.read_text().rpartition("return ")
    time.sleep(_APART)
    path.write_text(f"{head}return {version}\n")
    return answers(port, version)


def answers(port: int, version: int, deadline: float = 60) -> float:
    """Seconds until that version answers. Raises RuntimeError when it never does."""
    started = time.monotonic()
    while time.monotonic() - started < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/bench", timeout=5) as reply:
                if int(reply.read()) == version:
                    return time.monotonic() - started
        except OSError:
            pass
        time.sleep(0.005)
    raise RuntimeError(f"version {version} never answered on {port}")
