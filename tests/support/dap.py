"""A debugger's client: the Debug Adapter Protocol over the wire."""

from __future__ import annotations

import itertools
import json
import socket
import time
from typing import Any

__all__ = ["Debugger"]


class Debugger:
    """Attaches to a debug port as an editor does.

    >>> with Debugger(9229) as debugger:  # doctest: +SKIP
    ...     debugger.attach({"main.py": [12]})
    """

    def __init__(self, port: int, timeout: float = 20.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._stream = self._socket.makefile("rb")
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Debugger:
        return self

    def __exit__(self, *problem: object) -> None:
        # As an editor that was closed: no goodbye, the connection just ends.
        self._stream.close()
        self._socket.close()

    def attach(self, breakpoints: dict[str, list[int]], **options: object) -> list[dict[str, Any]]:
        """Attaches and sets breakpoints by file and lines; returns what the debugger made of each."""
        self.request(
            "initialize", adapterID="debugpy", linesStartAt1=True, columnsStartAt1=True, pathFormat="path"
        )
        attaching = self._send("attach", {"justMyCode": False, "subProcess": False, **options})
        self.event("initialized")
        placed: list[dict[str, Any]] = []
        for path, lines in breakpoints.items():
            placed += self.request(
                "setBreakpoints", source={"path": path}, breakpoints=[{"line": line} for line in lines]
            )["breakpoints"]
        self.request("configurationDone")
        self._reply(attaching)
        return placed

    def request(self, command: str, **arguments: object) -> dict[str, Any]:
        """Sends a request and returns the body of its reply."""
        return self._reply(self._send(command, arguments))

    def event(self, name: str) -> dict[str, Any]:
        """Waits for an event and returns its body."""
        while True:
            for index, event in enumerate(self._events):
                if event["event"] == name:
                    del self._events[index]
                    body: dict[str, Any] = event.get("body") or {}
                    return body
            self._take(self._read())

    def local_variables(self, thread: int) -> dict[str, str]:
        """The innermost frame's local variables, as text."""
        frame = self.request("stackTrace", threadId=thread)["stackFrames"][0]["id"]
        scope = self.request("scopes", frameId=frame)["scopes"][0]["variablesReference"]
        found = self.request("variables", variablesReference=scope)["variables"]
        return {variable["name"]: variable["value"] for variable in found}

    def _send(self, command: str, arguments: dict[str, object]) -> int:
        number = next(self._numbers)
        body = json.dumps(
            {"seq": number, "type": "request", "command": command, "arguments": arguments}
        ).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return number

    def _reply(self, number: int) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            message = self._read()
            if message["type"] == "response" and message["request_seq"] == number:
                assert message["success"], message
                body: dict[str, Any] = message.get("body") or {}
                return body
            self._take(message)
        raise AssertionError(f"no reply to request {number}")

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            self._events.append(message)

    def _read(self) -> dict[str, Any]:
        length = 0
        while line := self._stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the debugger closed the connection"
        message: dict[str, Any] = json.loads(self._stream.read(length))
        return message
