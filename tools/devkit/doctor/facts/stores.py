"""The embedded databases of a running platform: which do not come up."""

from __future__ import annotations

import contextlib

from devkit.base.errors import DevkitError
from devkit.doctor.facts.needs import runs
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine, observed
from devkit.doctor.record import Json
from devkit.engines.events import State, Status
from devkit.engines.local.client import ask

__all__ = ["failing", "start_now"]

# Seconds for a database to come up after a fix.
_START = 60.0
_BETWEEN_TRIES = (State.STARTING, State.PREPARING)


def failing(machine: Machine, program: str | None = None) -> list[dict[str, Json]]:
    """The embedded databases that crash again and again, or those of one program: `name`, `program`, `detail` of the state
    and the `last` line of the log, if there is one. None where the platform does not run."""
    if not machine.fact(runs):
        return []
    found = _failing(machine)
    return [each for each in found if program in (None, each["program"])]


@observed("failing databases")
def _failing(machine: Machine) -> list[dict[str, Json]]:
    stores = {s.name: s.type.runs_on[0] for s in machine.fact(table).having(_is_embedded)}
    units = [Status.from_json(unit) for unit in ask(machine.root, do="status", examine=False)["units"]]
    return [
        {"name": unit.name, "program": stores[unit.name], "detail": unit.detail, "last": _last(unit)}
        for unit in units
        if unit.name in stores
        and (unit.state is State.CRASHED or (unit.state in _BETWEEN_TRIES and unit.restarts > 0))
    ]


def _is_embedded(kind: object) -> bool:
    return bool({"postgres", "redis-server"} & set(getattr(kind, "runs_on", ())))


def _last(unit: Status) -> str:
    """What it wrote last that says why: Postgres ends with hints and with what it does about it."""
    lines = [line for line in unit.last_lines if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or " # " in line]
    return (telling or lines or [""])[-1]


def start_now(machine: Machine, program: str) -> None:
    """What waits for its next try after a crash is tried at once: something was fixed. Returns when it is up, or is not."""
    for each in failing(machine, program):
        with contextlib.suppress(DevkitError):
            ask(machine.root, deadline=_START, do="restart", units=[each["name"]])
