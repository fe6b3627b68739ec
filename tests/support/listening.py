"""Processes that hold a port, under any name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["listening"]

_CODE = """
import socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.socket(family)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if family == socket.AF_INET6:
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
listener.bind((sys.argv[1], int(sys.argv[2])))
listener.listen()
print("listens", flush=True)
time.sleep(100_000)
"""


@contextmanager
def listening(
    port: int,
    *arguments: str,
    host: str = "127.0.0.1",
    name: str | None = None,
    scratch: Path | None = None,
    folder: Path | None = None,
) -> Iterator[int]:
    """A process that listens there; its pid. `name` is what it is called, by a link made in `scratch`; `folder` where it
    works."""
    python = os.path.realpath(sys.executable)
    if name is not None:
        assert scratch is not None
        link = scratch / name
        link.symlink_to(python)
        python = str(link)
    process = subprocess.Popen(
        [python, "-I", "-c", _CODE, host, str(port), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        if process.stdout.readline() != "listens\n":
            raise AssertionError(process.stderr.read())
        yield process.pid
    finally:
        process.kill()
        process.communicate()
