"""A fork server driven directly, by a test that waits for its answers."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devserve import wire
from devserve.forks import launch
from devserve.starting import spawns

__all__ = ["Forks", "is_fork"]


def is_fork(pid: int, parent: int) -> bool:
    """Whether a process is a fork of another (or both are of a third): what the kernel handed to the program at its start is
    the same, random bytes included."""
    return Path(f"/proc/{pid}/auxv").read_bytes() == Path(f"/proc/{parent}/auxv").read_bytes()


class Forks:
    """A fork server of one's own. Its methods raise EOFError or OSError once it has ended."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.control, theirs = socket.socketpair()
        with theirs:
            self.process = launch(theirs, environment, spawning=spawns())
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
