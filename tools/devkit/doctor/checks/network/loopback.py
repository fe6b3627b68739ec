"""Programs on this machine reach each other on 127.0.0.1."""

from __future__ import annotations

import socket

from devkit.checks import Problem, check
from devkit.doctor.machine import Machine

_SECONDS = 2.0
_GREETING = b"devkit"


@check("network.loopback", __doc__)
def run(_: Machine) -> str:
    """Opens a port, calls it, and sends a few bytes. Raises Problem that names the step which failed."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.settimeout(_SECONDS)
        try:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
        except OSError as problem:
            raise Problem(
                f"no port can be opened on 127.0.0.1: {problem.strerror or problem}",
                "is the loopback interface up? (ip link show lo; sudo ip link set lo up)",
            ) from None
        port = listener.getsockname()[1]
        mend = "look for a firewall or VPN that filters 127.0.0.1, and let it be"
        try:
            with socket.create_connection(("127.0.0.1", port), _SECONDS) as caller:
                answering, _address = listener.accept()
                with answering:
                    caller.sendall(_GREETING)
                    answering.settimeout(_SECONDS)
                    if answering.recv(len(_GREETING)) != _GREETING:
                        raise Problem("what is sent on 127.0.0.1 arrives changed", mend)
        except TimeoutError:
            raise Problem(
                f"a call from this machine to itself (127.0.0.1) had no answer within {_SECONDS:g} s", mend
            ) from None
        except OSError as problem:
            raise Problem(
                f"a call from this machine to itself (127.0.0.1) fails: {problem.strerror or problem}", mend
            ) from None
    return "open"
