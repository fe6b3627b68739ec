"""No other program has ports 80 and 443, which Rancher Desktop's Traefik uses."""

from __future__ import annotations

from collections.abc import Iterable

from devkit.checks import Skipped, check, note
from devkit.doctor.facts.ports import holders_on
from devkit.doctor.facts.rancher import setting, settings_fix
from devkit.doctor.machine import Machine
from devkit.engines.ports import Holder

PORTS = (80, 443)
# What offers a port of Rancher Desktop's machine on this one.
_DESKTOP = (
    "limactl",
    "ssh",
    "host-switch",
    "rdctl",
    "rancher",
    "wsl",
    "docker-proxy",
    "k3s",
    "traefik",
    "qemu",
)


@check("rancher.traefik", __doc__, after=("rancher.kubernetes",), engine="tilt")
def run(machine: Machine) -> str:
    """Raises a note that names who has one of them. The platform itself uses neither."""
    switch = setting(machine, "kubernetes", "options", "traefik")
    if switch is None:
        raise Skipped("its settings say nothing of Traefik")
    if switch is False:
        return "it is off"
    holder = in_the_way(machine, PORTS)
    if holder is None:
        return "it has them; the platform uses neither"
    fix = settings_fix(machine, "--kubernetes.options.traefik=false")
    raise note(
        f"its Traefik wants port {holder.port}, which {holder.process} (pid {holder.pid}) has: {' '.join(holder.command)}",
        f"stop that one, or switch Traefik off, which the platform does not use: {fix.command}",
        fix=fix,
    )


def in_the_way(machine: Machine, ports: Iterable[int]) -> Holder | None:
    """The first process on one of these ports that is not Rancher Desktop's, as far as this user may see it."""
    found = (holder for port in ports for holder in holders_on(machine, port, "Traefik"))
    return next((one for one in found if not (one.process or "").lower().startswith(_DESKTOP)), None)
