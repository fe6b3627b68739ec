"""A debugger's client for Node.js: the inspector's protocol over its socket, used as VS Code uses it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

__all__ = ["NodeSession", "inspected"]

_PATIENCE = 30.0


class NodeSession:
    """One connection: commands and their results, events as they come."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """A command's result."""
        number = self.begin(method, **parameters)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            message = self._receive(deadline)
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._events.append(message)
        raise AssertionError(f"no result of {method}")

    def begin(self, method: str, **parameters: object) -> int:
        """Sends a command, and waits for nothing."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return number

    def event(self, method: str) -> dict[str, Any]:
        """Waits for an event and returns its parameters."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for index, event in enumerate(self._events):
                if event.get("method") == method:
                    del self._events[index]
                    found: dict[str, Any] = event["params"]
                    return found
            self._events.append(self._receive(deadline))
        raise AssertionError(f"no event {method}")

    def _receive(self, deadline: float) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(max(0.0, deadline - time.monotonic())))
        return message


@contextmanager
def inspected(port: int) -> Iterator[NodeSession]:
    """A session with the program whose inspector listens on a port of this machine."""
    (target,) = httpx.get(f"http://127.0.0.1:{port}/json/list", timeout=10, trust_env=False).json()
    address = f"ws://127.0.0.1:{port}/{target['id']}"
    with connect(address, proxy=None, open_timeout=10, max_size=None) as socket:
        yield NodeSession(socket)
