"""A debugger's client: the Debug Adapter Protocol over the wire, used as VS Code uses it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.polling import PATIENCE

__all__ = ["Debugger", "Session", "launch_entry", "resolved"]

Breakpoints = Mapping[str, list[int]]
# What only the editor itself reads of an entry in launch.json.
_EDITORS_OWN = ("name", "type", "request", "presentation")


def launch_entry(root: Path, service: str, *, asks: bool = True) -> dict[str, Any]:
    """The first entry that attaches to a service in the clone's own launch.json, `resolved` unless it is not to ask."""
    content = json.loads((root / ".vscode/launch.json").read_text())
    (named,) = [
        each["id"]
        for each in content["inputs"]
        if each["args"]["command"].endswith(f" debug --port {service}")
    ]
    entry = next(each for each in content["configurations"] if f"${{input:{named}}}" in json.dumps(each))
    return resolved(entry, root, content["inputs"] if asks else ())


def resolved(
    entry: Mapping[str, Any], workspace: Path, inputs: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """An entry of launch.json with its variables filled in: the workspace's folder, and what its inputs ask."""
    text = json.dumps(entry).replace("${workspaceFolder}", str(workspace))
    for each in inputs:
        name = f"${{input:{each['id']}}}"
        if name in text:
            text = text.replace(name, _asked(resolved(each, workspace)))
    found: dict[str, Any] = json.loads(text)
    return found


def _asked(wanted: Mapping[str, Any]) -> str:
    """What an input of the extension Tasks Shell Input gives: the one line that its command prints."""
    assert (wanted["type"], wanted["command"]) == ("command", "shellCommand.execute")
    arguments = wanted["args"]
    assert arguments["useSingleResult"], "the editor would show a list to choose from"
    hidden = {"CI", "DEVKIT_ROOT"}
    done = subprocess.run(
        arguments["command"], shell=True, cwd=arguments["cwd"], capture_output=True, text=True, timeout=PATIENCE,
        stdin=subprocess.DEVNULL, env={name: value for name, value in os.environ.items() if name not in hidden},
    )  # fmt: skip
    assert done.returncode == 0, f"{arguments['command']}: {done.returncode}\n{done.stderr}"
    assert re.fullmatch(r"\d+\n", done.stdout), done.stdout
    return done.stdout.strip()


class Session:
    """One connection: requests and their replies, events as they come."""

    def __init__(self, port: int, timeout: float) -> None:
        self._timeout = timeout
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._stream = self._socket.makefile("rb")
        self._numbers = itertools.count(1)
        self._events: list[dict[str, Any]] = []
        self._replies: dict[int, dict[str, Any]] = {}

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def start(self, attach: Mapping[str, object], breakpoints: Breakpoints) -> list[dict[str, Any]]:
        """Attaches and sets breakpoints; returns what the debugger made of each."""
        self.request(
            "initialize", clientID="vscode", adapterID="debugpy", linesStartAt1=True, columnsStartAt1=True,
            pathFormat="path",
        )  # fmt: skip
        attaching = self._send("attach", attach)
        self.event("initialized")
        placed: list[dict[str, Any]] = []
        for path, lines in breakpoints.items():
            placed += self.set_breakpoints(path, lines)
        self.request("configurationDone")
        self._reply(attaching)
        return placed

    def set_breakpoints(self, path: str, lines: list[int]) -> list[dict[str, Any]]:
        marks = [{"line": line} for line in lines]
        found: list[dict[str, Any]] = self.request(
            "setBreakpoints", source={"path": path}, breakpoints=marks
        )["breakpoints"]
        return found

    def request(self, command: str, **arguments: object) -> dict[str, Any]:
        return self._reply(self._send(command, arguments))

    def event(self, name: str, seconds: float | None = None) -> dict[str, Any]:
        deadline = time.monotonic() + (seconds or self._timeout)
        self._socket.settimeout(seconds or self._timeout)
        try:
            while time.monotonic() < deadline:
                for index, event in enumerate(self._events):
                    if event["event"] == name:
                        del self._events[index]
                        body: dict[str, Any] = event.get("body") or {}
                        return body
                self._take(self._read())
        finally:
            self._socket.settimeout(self._timeout)
        raise AssertionError(f"no event {name}")

    def _send(self, command: str, arguments: Mapping[str, object]) -> int:
        number = next(self._numbers)
        body = json.dumps(
            {"seq": number, "type": "request", "command": command, "arguments": dict(arguments)}
        ).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return number

    def _reply(self, number: int) -> dict[str, Any]:
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            if message := self._replies.pop(number, None):
                assert message["success"], message
                body: dict[str, Any] = message.get("body") or {}
                return body
            self._take(self._read())
        raise AssertionError(f"no reply to request {number}")

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            self._events.append(message)
        elif message["type"] == "response":
            self._replies[message["request_seq"]] = message

    def _read(self) -> dict[str, Any]:
        length = 0
        while line := self._stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the debugger closed the connection"
        message: dict[str, Any] = json.loads(self._stream.read(length))
        return message


class Debugger:
    """Attaches to a service's debug port as an editor does: to the port, then to the process that is announced there.

    >>> with Debugger(9229) as debugger:  # doctest: +SKIP
    ...     debugger.attach({"/clone/main.py": [12]})
    ...     thread = debugger.event("stopped")["threadId"]
    """

    def __init__(self, port: int, timeout: float = PATIENCE, *, abrupt: bool = False) -> None:
        """`abrupt`: at the end the connections just close, as those of an editor that was killed."""
        self._port, self._timeout, self._abrupt = port, timeout, abrupt
        self._root = Session(port, timeout)
        self._process: Session | None = None
        self._breakpoints: dict[str, list[int]] = {}

    @classmethod
    def of(cls, entry: Mapping[str, Any], breakpoints: Breakpoints, port: int | None = None) -> Debugger:
        """Attached through exactly what an entry of launch.json (`resolved`) says; `port` replaces one that nothing answers."""
        assert (entry["type"], entry["request"]) == ("debugpy", "attach")
        assert entry["connect"]["host"] == "127.0.0.1"
        debugger = cls(port or int(entry["connect"]["port"]))
        options = {name: value for name, value in entry.items() if name not in _EDITORS_OWN}
        options |= {"connect": {"host": "127.0.0.1", "port": port}} if port else {}
        try:
            debugger.attach(breakpoints, **options)
        except BaseException as problem:
            debugger.__exit__(type(problem), problem, None)
            raise
        return debugger

    def __enter__(self) -> Debugger:
        return self

    def __exit__(self, *problem: object) -> None:
        for session in (self._process, self._root):
            if session is not None:
                if not self._abrupt and problem == (None, None, None):
                    with contextlib.suppress(AssertionError, OSError):  # the process may have gone before
                        session.request("disconnect", restart=False, terminateDebuggee=False)
                session.close()

    @property
    def session(self) -> Session:
        """The service's present process."""
        assert self._process is not None, "nothing is attached"
        return self._process

    def attach(self, breakpoints: Breakpoints, **options: object) -> list[dict[str, Any]]:
        """Attaches and sets breakpoints by file and lines; returns what the debugger made of each."""
        self._breakpoints = {path: list(lines) for path, lines in breakpoints.items()}
        connect = {"host": "127.0.0.1", "port": self._port}
        chosen = {"justMyCode": False, "subProcess": True, "connect": connect, **options}
        self._root.start(chosen, self._breakpoints)
        return self.follow()

    def follow(self) -> list[dict[str, Any]]:
        """Attaches to the process that is announced next: the service's first one, or the one after a reload."""
        announced = self._root.event("debugpyAttach")
        if self._process is not None:
            self._process.close()
        self._process = Session(announced["connect"]["port"], self._timeout)
        return self._process.start(announced, self._breakpoints)

    def set_breakpoints(self, path: str, lines: list[int]) -> list[dict[str, Any]]:
        """Replaces a file's breakpoints."""
        self._breakpoints[path] = lines
        return self.session.set_breakpoints(path, lines)

    def request(self, command: str, **arguments: object) -> dict[str, Any]:
        """Sends a request and returns the body of its reply."""
        return self.session.request(command, **arguments)

    def event(self, name: str, seconds: float | None = None) -> dict[str, Any]:
        """Waits for an event and returns its body."""
        return self.session.event(name, seconds)

    def stopped(self) -> int:
        """Waits until a thread stops; its id."""
        return int(self.event("stopped")["threadId"])

    def frame(self, thread: int) -> dict[str, Any]:
        """The innermost frame: `id`, `line`, `name`, `source`."""
        found: dict[str, Any] = self.request("stackTrace", threadId=thread)["stackFrames"][0]
        return found

    def local_variables(self, thread: int) -> dict[str, str]:
        """The innermost frame's local variables, as text."""
        scope = self.request("scopes", frameId=self.frame(thread)["id"])["scopes"][0]["variablesReference"]
        found = self.request("variables", variablesReference=scope)["variables"]
        return {variable["name"]: variable["value"] for variable in found}

    def evaluate(self, thread: int, expression: str) -> str:
        """What an expression is in the innermost frame, as text."""
        return str(
            self.request("evaluate", expression=expression, frameId=self.frame(thread)["id"])["result"]
        )
