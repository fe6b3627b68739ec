"""A Go service's debug port: does Delve answer there."""

from __future__ import annotations

import json
import socket

from devkit.checks import Problem, Skipped
from devkit.model import Service, VerifySite

__all__ = ["ask_delve"]

_TIMEOUT = 10.0
_LONGEST = 100_000
_GET_VERSION = {"id": 1, "method": "RPCServer.GetVersion", "params": [{}]}


def ask_delve(site: VerifySite, service: Service) -> str:
    """Asks for Delve's version by its own protocol; nothing is stopped.

    Raises Problem for any other answer, Skipped without a debug port.
    """
    port = site.debug_port(service.name)
    if port is None:
        raise Skipped("debug is false in tilt_config.json")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as connection:
            connection.settimeout(_TIMEOUT)
            connection.sendall(json.dumps(_GET_VERSION).encode() + b"\n")
            with connection.makefile("rb") as stream:
                line = stream.readline(_LONGEST)
    except TimeoutError:
        raise Problem(f"what listens does not answer a debugger within {_TIMEOUT:g} s") from None
    except OSError as problem:
        raise Problem(f"the connection breaks off: {problem.strerror or problem}") from None
    try:
        version = json.loads(line)["result"]["DelveVersion"].split()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Problem("what answers is not Delve") from None
    return f"Delve {next((word for word in version if word[:1].isdigit()), 'of an unknown version')} answers"
