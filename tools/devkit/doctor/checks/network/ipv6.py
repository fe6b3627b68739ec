"""localhost reaches our services over IPv6 too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from devkit.base.loopback import listens
from devkit.checks import Problems, Skipped, check, note
from devkit.doctor.facts.names import localhost
from devkit.doctor.facts.ports import Ports, holders_on, ports
from devkit.doctor.machine import Machine, observed
from devkit.engines.ports import Holder


@check("network.ipv6", __doc__, after=("project.table", "network.dns"))
def run(machine: Machine) -> str:
    """Raises Problems, a note for each of our ports on which somebody else listens on ::1, which browsers try first."""
    known = machine.fact(ports)
    try:
        if "::1" not in localhost(machine):
            raise Skipped("localhost is IPv4 only")
    except OSError:
        raise Skipped("localhost has no address") from None
    wanted = dict(known.platform)
    foreign = [
        holder
        for port in answering_on_ipv6(machine, *wanted)
        for holder in _others(machine, known, port, wanted[port])
    ]
    if foreign:
        raise Problems(
            note(
                f"localhost:{each.port} ({each.wanted_by}) leads a browser to {_name(machine, each)} on {each.address}, not to our service "
                "on 127.0.0.1",
                "stop it, or move all of ours: ./devkit up --port-offset 100 (on the local engine `up` does not start beside it)",
                part=each.wanted_by,
            )
            for each in foreign
        )
    return "nothing else listens there"


@observed("answers on ::1")
def answering_on_ipv6(_: Machine, *ports: int) -> list[int]:
    """The ports on which somebody takes a connection to ::1."""
    with ThreadPoolExecutor(8) as pool:
        taken = pool.map(lambda port: listens(port, 0.5, "::1"), ports)
        return [port for port, open_ in zip(ports, taken, strict=True) if open_]


def _others(machine: Machine, known: Ports, port: int, service: str) -> list[Holder]:
    """Those on IPv6 alone: whoever has the port in IPv4 as well is ports.platform's."""
    if any(holder.port == port for holder in known.holders):
        return []
    found = [holder for holder in holders_on(machine, port, service) if ":" in (holder.address or "")]
    return [holder for holder in found if holder.clone != machine.root] or (
        [] if found else [Holder(port, service, address="::1")]
    )


def _name(machine: Machine, holder: Holder) -> str:
    if holder.pid is None:  # macOS tells an ordinary user of nobody's, not even of their own
        return "another process" if machine.platform == "darwin" else "another user's process"
    return f"{holder.process} (pid {holder.pid}: {' '.join(holder.command)})"
