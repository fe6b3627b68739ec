"""Programs on this machine reach each other on 127.0.0.1."""

from __future__ import annotations

import socket

from devkit.checks import Problem, check
from devkit.doctor.machine import Machine, observed

_SECONDS = 2.0
_GREETING = b"devkit"


@check("network.loopback", __doc__)
def run(machine: Machine) -> str:
    """Opens a port, calls it, and sends a few bytes. Raises Problem that names the step which failed."""
    step, why = (tried := _tried(machine))["step"], tried["why"]
    if step is None:
        return "open"
    if step == "bind":
        raise Problem(
            f"no port can be opened on 127.0.0.1: {why}",
            "is the loopback interface up? (ip link show lo; sudo ip link set lo up)",
        )
    filtered = "look for a firewall or VPN that filters 127.0.0.1, and exempt it"
    if step == "changed":
        raise Problem("data sent to 127.0.0.1 arrives altered", filtered)
    if step == "late":
        raise Problem(
            f"a call from this machine to itself (127.0.0.1) had no answer within {_SECONDS:g} s", filtered
        )
    raise Problem(f"a call from this machine to itself (127.0.0.1) fails: {why}", filtered)


@observed("call to itself")
def _tried(_: Machine) -> dict[str, str | None]:
    """The `step` that failed: bind, call, changed (bytes) or late, and `why` in the system's words; None: none did."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.settimeout(_SECONDS)
        try:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
        except OSError as problem:
            return {"step": "bind", "why": problem.strerror or str(problem)}
        try:
            with socket.create_connection(("127.0.0.1", listener.getsockname()[1]), _SECONDS) as caller:
                answering, _address = listener.accept()
                with answering:
                    caller.sendall(_GREETING)
                    answering.settimeout(_SECONDS)
                    changed = answering.recv(len(_GREETING)) != _GREETING
                    return {"step": "changed" if changed else None, "why": None}
        except TimeoutError:
            return {"step": "late", "why": None}
        except OSError as problem:
            return {"step": "call", "why": problem.strerror or str(problem)}
