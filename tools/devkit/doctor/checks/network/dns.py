"""localhost is this machine."""

from __future__ import annotations

import ipaddress

from devkit.checks import Problem, check, warning
from devkit.doctor.facts.names import SECONDS, localhost
from devkit.doctor.machine import Machine

_LINE = "127.0.0.1 localhost"


@check("network.dns", __doc__)
def run(machine: Machine) -> str:
    """Raises Problem when localhost is not 127.0.0.1, a warning when it takes long."""
    fix = f"put the line `{_LINE}` into /etc/hosts (sudo)"
    try:
        found = localhost(machine)
    except TimeoutError:
        raise warning(
            f"localhost had no address within {SECONDS:g} s: the resolver asks the network for it", fix
        ) from None
    except OSError as problem:
        raise Problem(f"localhost has no address here: {problem.strerror or problem}", fix) from None
    foreign = [each for each in found if not _is_loopback(each)]
    if foreign:
        raise Problem(f"localhost resolves to {', '.join(foreign)}, not to this machine", fix)
    if "127.0.0.1" not in found:
        raise Problem(
            f"localhost is {', '.join(found)} only; the services listen on 127.0.0.1", fix, part="ipv4"
        )
    return ", ".join(found)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
