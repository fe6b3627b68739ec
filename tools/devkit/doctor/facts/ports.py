"""The platform's ports on this machine, and who has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devkit.base.errors import DevkitError
from devkit.checks import Problem, Skipped
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine
from devkit.doctor.masked import masked_command
from devkit.engines.local.state import RunState, load_state
from devkit.engines.ports import Holder, free_offset, listeners
from devkit.engines.protocol import Plan
from devkit.engines.registry import engine_entry
from devkit.engines.tilt.program import page_port

__all__ = ["Ports", "belongs_here", "port_problems", "ports"]

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

    `plan` is what its engine would run, whose offset is contained in the ports already; `run` is this clone's last run of the local engine.
    """

    platform: Mapping[int, str]
    debug: Mapping[int, str]
    page: int
    plan: Plan
    holders: tuple[Holder, ...]
    run: RunState | None


def ports(machine: Machine) -> Ports:
    """The ports of what would run on this machine's engine. A check that uses it comes AFTER project.table.

    Raises Skipped when tilt_config.json, which moves them, has mistakes.
    """
    state = load_state(machine.root) if (machine.root / ".devkit").is_dir() else None
    try:
        plan = engine_entry(machine.engine).plan(machine.root, machine.fact(table))
    except DevkitError:
        raise Skipped("not checked because project.overrides failed") from None
    platform = {service.port + plan.offset: name for name, service in plan.services.items()}
    debug = {s.debug_port + plan.offset: name for name, s in plan.services.items() if s.debug_port}
    page = page_port(machine.environ)
    wanted = platform | {port: f"{name}'s debugger" for port, name in debug.items()} | {page: "Tilt's page"}
    return Ports(platform, debug, page, plan, tuple(listeners(wanted)), state)


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
    run = machine.fact(ports).run
    return holder.clone == machine.root or bool(run and holder.pid in {run.pid, *run.children})


def _who(machine: Machine, holder: Holder) -> tuple[str, str]:
    """The holder in words, and how it is stopped."""
    if holder.pid is None:
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
    command = masked_command(holder.command)
    told = f"{name} ({', '.join(details)}{f'; {known}' if known else ''})"
    told += f" on {holder.address}" if holder.address else ""
    return (f"{told}: {command}" if command else told), _stop(machine, holder, name)


def _stop(machine: Machine, holder: Holder, name: str) -> str:
    mac = machine.platform == "darwin"
    if name.startswith("ControlCe"):
        return "switch it off (System Settings, General, AirDrop & Handoff, AirPlay Receiver)"
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
    return f"move all of ours: {known.plan.move(free_offset([*known.platform, *known.debug], known.plan.offset))}"
