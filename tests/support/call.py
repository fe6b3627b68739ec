"""Calls of `devkit` in a process of their own each, which is a fork of one that has imported it: a tenth of the computing."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from devserve import wire

from tests.support.polling import PATIENCE

__all__ = ["call_devkit"]


def call_devkit(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    folder: str | Path | None = None,
    stdin: str | None = None,
    closed: Sequence[int] = (),
    read_only: Sequence[str] = (),
    errors: str = "strict",
) -> subprocess.CompletedProcess[str]:
    """Runs a command with just this environment, in `folder` (default: the current one), without a terminal; from several
    threads at once, if they like. `errors`: what becomes of output that is no UTF-8. Raises TimeoutExpired.

    What keeps running after it, and what is to be seen in a list of processes, needs the real program instead.
    """
    with contextlib.ExitStack() as files:
        given, out, err = (
            files.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", errors=errors))
            for _ in range(3)
        )
        given.write(stdin or "")
        given.seek(0)
        told, telling = os.pipe()
        request: dict[str, object] = {
            "arguments": list(arguments),
            "environ": dict(environ),
            "folder": str(folder or Path.cwd()),
            "closed": list(closed),
            "read_only": list(read_only),
        }
        try:
            _server().send(request, (given.fileno(), out.fileno(), err.fileno(), telling))
        finally:
            os.close(telling)
        with os.fdopen(told, "rb", buffering=0) as pipe:
            told_pid = pipe.read(4)
            assert told_pid, "tests/support/preloaded.py has ended; the output of the tests says why"
            (pid,) = struct.unpack("i", told_pid)
            if not select.select([pipe], [], [], PATIENCE)[0]:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["devkit", *arguments], PATIENCE)
            (code,) = struct.unpack("i", pipe.read(4))
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(["devkit", *arguments], code, out.read(), err.read())


class _Server:
    """The process that forks, one for each process of tests."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-E", "-s", "-P", str(Path(__file__).with_name("preloaded.py")), str(theirs.fileno())],
                env={"PATH": os.defpath, "LANG": "C.UTF-8"}, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            )  # fmt: skip
        atexit.register(self.close)

    def send(self, request: dict[str, object], descriptors: Sequence[int]) -> None:
        with self._lock:
            wire.send(self._control, request, descriptors)

    def close(self) -> None:
        self._control.close()
        self._process.wait()


_starting = threading.Lock()


def _server() -> _Server:
    with _starting:
        return _started()


@cache
def _started() -> _Server:
    return _Server()
