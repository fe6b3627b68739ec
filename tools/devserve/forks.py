"""The fork server seen from a process that waits for its answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devserve import wire

__all__ = ["Forks", "launch"]

_TOOLS = Path(__file__).resolve().parents[1]


def launch(
    control: socket.socket, environment: Mapping[str, str], output: int | None = None
) -> subprocess.Popen[bytes]:
    """Starts a fork server that takes its requests from the other end of `control`; it knows no PYTHONPATH.

    `output` is a file descriptor for the little that it writes itself (inherited by default).
    """
    return subprocess.Popen(
        [
            sys.executable, "-E", "-s", "-X", "frozen_modules=off", "-c",
            "import sys; sys.path.insert(0, sys.argv.pop(1)); from devserve.forkserver import main; main()",
            str(_TOOLS), str(control.fileno()),
        ],
        pass_fds=[control.fileno()], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        start_new_session=True, env=dict(environment) | {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"},
    )  # fmt: skip


class Forks:
    """A fork server of one's own. Its methods raise EOFError or OSError once it has ended."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.control, theirs = socket.socketpair()
        with theirs:
            self.process = launch(theirs, environment)
        self._ended: list[tuple[int, int]] = []
        self.debuggers = 0  # attached at present

    def request(self, message: dict[str, Any], *descriptors: int) -> dict[str, Any]:
        """Sends a request and returns its reply, which may be `{"error": …}`."""
        wire.send(self.control, message, descriptors)
        while True:
            reply: dict[str, Any] | None = self._receive().get("reply")
            if reply is not None:
                return reply

    def preload(self, modules: list[str]) -> None:
        """Has modules imported, one by one, while nothing else is asked for."""
        wire.send(self.control, {"do": "preload", "modules": modules, "quiet": True})

    def ended(self, *, waiting: bool) -> list[tuple[int, int]]:
        """Children that ended (pid; exit code, negative for a signal). `waiting`: there is something to read."""
        if waiting:
            self._receive()
        ended, self._ended = self._ended, []
        return ended

    def close(self) -> None:
        """Ends the fork server and what it still runs."""
        self.control.close()
        self.process.wait()

    def _receive(self) -> dict[str, Any]:
        message, _ = wire.receive(self.control)
        if "exit" in message:
            self._ended.append((message["exit"], message["status"]))
        self.debuggers = message.get("clients", self.debuggers)
        return message
