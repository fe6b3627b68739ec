"""The platform's ports on this machine, and who has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Skipped
from devkit.doctor.facts.clone import our_processes
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine, observed
from devkit.doctor.masked import masked_command
from devkit.doctor.record import Json
from devkit.engines.ports import Holder, free_offset, listeners, listeners_on
from devkit.engines.registry import engine_entry
from devkit.engines.tilt.program import page_port

__all__ = ["Ports", "belongs_here", "holders_on", "port_problems", "ports"]

# What stands in for a container or a virtual machine, by the beginning of its name.
_FORWARDERS = (
    "docker-proxy",
    "rootlesskit",
    "com.docker",
    "limactl",
    "ssh",
    "rdctl",
    "host-switch",
    "gvproxy",
)
_AIRPLAY_OFF = "switch it off (System Settings, General, AirDrop & Handoff, AirPlay Receiver)"
# macOS takes these by itself, and does not tell an ordinary user who has a port.
_AIRPLAY = (5000, 7000)
_KNOWN = {
    "ControlCe": "macOS's AirPlay receiver",
    "rapportd": "macOS's Handoff",
    "postgres": "a Postgres of this machine",
    "redis-server": "a Redis of this machine",
    "valkey-server": "a Valkey of this machine",
}


@dataclass(frozen=True)
class Ports:
    """Every port that the platform would take, by its service, with those who have one now.

    `offset` is how far these ports are from the table's, `move` how all of them are moved where they are free; `left` are pids
    of this clone's last run of the local engine.
    """

    platform: Mapping[int, str]
    debug: Mapping[int, str]
    page: int
    offset: int
    move: str
    holders: tuple[Holder, ...]
    left: frozenset[int]


def ports(machine: Machine) -> Ports:
    """The ports of what would run on this machine's engine. A check that uses it comes after project.table.

    Raises Skipped when tilt_config.json, which moves them, has mistakes.
    """
    page = page_port(machine.environ)
    found = _ports(machine, page)
    return Ports(
        platform={port: name for name, port in found["platform"].items()},
        debug={port: name for name, port in found["debug"].items()},
        page=page,
        offset=found["offset"],
        move=found["move"],
        holders=tuple(map(_holder, found["holders"])),
        left=frozenset(found["left"]),
    )


@observed("ports with the page on")
def _ports(machine: Machine, page: int) -> dict[str, Json]:
    try:
        plan = engine_entry(machine.engine).plan(machine.root, machine.fact(table))
    except DevkitError:
        raise Skipped("not checked because project.overrides failed") from None
    platform = {name: service.port + plan.offset for name, service in plan.services.items()}
    debug = {name: s.debug_port + plan.offset for name, s in plan.services.items() if s.debug_port}
    wanted = {port: name for name, port in platform.items()}
    wanted |= {port: f"{name}'s debugger" for name, port in debug.items()} | {page: "Tilt's UI"}
    holders = listeners(wanted)
    return {
        "platform": platform,
        "debug": debug,
        "offset": plan.offset,
        "move": plan.move(free_offset([*platform.values(), *debug.values()], plan.offset)) if holders else "",
        "holders": list(map(_written, holders)),
        "left": our_processes(machine),
    }


def holders_on(machine: Machine, port: int, wanted_by: str) -> list[Holder]:
    """Everyone who listens on a port, as far as this user may see them."""
    return list(map(_holder, _holders_on(machine, port, wanted_by)))


@observed("holders of port")
def _holders_on(_: Machine, port: int, wanted_by: str) -> list[dict[str, Json]]:
    return list(map(_written, listeners_on(port, wanted_by)))


def _written(holder: Holder) -> dict[str, Json]:
    """Without what a command line may hold of passwords."""
    clone = str(holder.clone) if holder.clone else None
    return {**asdict(holder), "command": masked_command(holder.command), "clone": clone}


def _holder(given: dict[str, Any]) -> Holder:
    clone = Path(given["clone"]) if given.get("clone") else None
    command = (given["command"],) if given.get("command") else ()
    return Holder(**{**given, "clone": clone, "command": command})


def port_problems(machine: Machine, wanted: Mapping[int, str], what: str) -> Iterator[Problem]:
    """One for each of the ports that somebody else has. `what` tells which of a service's ports they are."""
    known = machine.fact(ports)
    for holder in known.holders:
        if holder.port not in wanted or belongs_here(machine, holder):
            continue
        service = wanted[holder.port]
        where = f"port {holder.port} ({service}{what})"
        if holder.forbidden:
            yield Problem(f"{where} may not be opened by an ordinary user", _moved(known), part=service)
            continue
        told, stop = _who(machine, holder)
        yield Problem(f"{where} is taken by {told}", f"{stop}, or {_moved(known)}", part=service)


def belongs_here(machine: Machine, holder: Holder) -> bool:
    """Whether this clone's own platform has the port, or what a killed run of it left and the next `up` ends."""
    return holder.clone == machine.root or holder.pid in machine.fact(ports).left


def _who(machine: Machine, holder: Holder) -> tuple[str, str]:
    """The holder in words, and how it is stopped."""
    if holder.pid is None:
        if machine.platform == "darwin" and not holder.user:
            probably = ", probably macOS's AirPlay receiver" if holder.port in _AIRPLAY else ""
            stop = f"see which it is (lsof -nP -iTCP:{holder.port} -sTCP:LISTEN) and stop it"
            return (
                f"another process{probably}",
                f"{_AIRPLAY_OFF}, or {stop}" if probably else stop,
            )
        whose = f"a process of the user {holder.user}" if holder.user else "another user's process"
        return whose, f"see which it is (sudo lsof -nP -i :{holder.port}) and stop it"
    if holder.clone is not None:
        return f"the platform of {holder.clone}", "run ./devkit down there"
    container = _container(machine, holder)
    if container is not None:
        return f"the container {container}", f"docker stop {container}"
    name = holder.process or "a process"
    known = next((words for begin, words in _KNOWN.items() if name.startswith(begin)), "")
    details = [f"pid {holder.pid}", *([f"user {holder.user}"] if holder.user else [])]
    command = " ".join(holder.command)
    told = f"{name} ({', '.join(details)}{f'; {known}' if known else ''})"
    told += f" on {holder.address}" if holder.address else ""
    return (f"{told}: {command}" if command else told), _stop(machine, holder, name)


def _stop(machine: Machine, holder: Holder, name: str) -> str:
    mac = machine.platform == "darwin"
    if name.startswith("ControlCe"):
        return _AIRPLAY_OFF
    service = {"postgres": "postgresql", "redis-server": "redis", "valkey-server": "valkey"}.get(name)
    if service and mac:
        return f"stop it (brew services stop {service}, or kill {holder.pid})"
    if service:
        unit = "redis-server" if service == "redis" else service
        return f"stop it (sudo systemctl stop {unit}, or kill {holder.pid})"
    return f"stop it (kill {holder.pid})"


def _container(machine: Machine, holder: Holder) -> str | None:
    """The name of the container that a published port leads to."""
    docker = machine.program("docker")
    if docker is None or not (holder.process or "").startswith(_FORWARDERS):
        return None
    try:
        said = machine.ask(
            docker, "ps", "--filter", f"publish={holder.port}", "--format", "{{.Names}}", timeout=2
        )
    except Problem:
        return None
    names = said.out.split()
    return names[0] if said.code == 0 and names else None


def _moved(known: Ports) -> str:
    return f"move all of ours: {known.move}"
