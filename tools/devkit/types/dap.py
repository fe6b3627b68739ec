"""A debug port: the first words of the Debug Adapter Protocol, and a goodbye that leaves nothing suspended."""

from __future__ import annotations

import json
import socket
import time
from typing import Any, BinaryIO

from devkit.checks import Problem, Skipped
from devkit.model import Service, VerifySite

__all__ = ["ask_debugger"]

# The first client makes a service load its debugger.
_TIMEOUT = 25.0
_LONGEST = 1_000_000
_INITIALIZE = {"adapterID": "debugpy", "clientID": "devkit", "linesStartAt1": True, "columnsStartAt1": True}


def ask_debugger(site: VerifySite, service: Service) -> str:
    """Says `initialize` as an editor does, and `disconnect` without ever attaching: nothing is stopped or traced.

    Raises Problem with what it answers instead, Skipped without a debug port.
    """
    port = site.debug_port(service.name)
    if port is None:
        raise Skipped("debug is false in tilt_config.json")
    until = time.monotonic() + _TIMEOUT
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as connection:
            connection.settimeout(_TIMEOUT)
            stream = connection.makefile("rb")
            _send(connection, 1, "initialize", _INITIALIZE)
            reply = _reply(stream, 1, until)
            _send(connection, 2, "disconnect", {"terminateDebuggee": False, "restart": False})
            _reply(stream, 2, until)
    except TimeoutError:
        raise Problem(f"what listens does not answer a debugger within {_TIMEOUT:g} s") from None
    except OSError as problem:
        raise Problem(f"the connection breaks off: {problem.strerror or problem}") from None
    if not reply.get("success"):
        raise Problem(f"the debugger refuses: {str(reply.get('message', 'without a reason'))[:120]}")
    return "the debugger answers"


def _send(connection: socket.socket, number: int, command: str, arguments: dict[str, object]) -> None:
    message = {"seq": number, "type": "request", "command": command, "arguments": arguments}
    body = json.dumps(message).encode()
    connection.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)


def _reply(stream: BinaryIO, number: int, until: float) -> dict[str, Any]:
    """The response to a request; events before it are passed over."""
    while time.monotonic() < until:
        message = _message(stream)
        if message.get("type") == "response" and message.get("request_seq") == number:
            return message
    raise TimeoutError


def _message(stream: BinaryIO) -> dict[str, Any]:
    length = 0
    first = line = stream.readline(1000)
    while line.strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
        line = stream.readline(1000)
    if not first:
        raise Problem("the connection is closed without an answer")
    try:
        message = json.loads(stream.read(length)) if 0 < length < _LONGEST else None
    except ValueError:
        message = None
    if not isinstance(message, dict) or message.get("type") not in ("response", "event", "request"):
        said = first[:40].decode("ascii", "replace").strip()
        raise Problem(f"what answers does not speak the Debug Adapter Protocol (it says {said!r})")
    return message
