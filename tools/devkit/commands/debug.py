"""`devkit debug`: wait for the debugger."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from devkit.base.console import emit, print_table, say
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import project_root
from devkit.commands.completion import service_names
from devkit.commands.options import EngineOption, JsonOption
from devkit.engines.choice import active_engine
from devkit.engines.events import State, Status
from devkit.engines.names import unknown_service
from devkit.engines.protocol import Engine

__all__ = ["run"]

# Seconds between two looks at a service that waits.
_LOOK = 0.3
_SAID = {
    "attached": "a debugger is attached",
    "awaited": "waits for a debugger",
    "none": "no debugger attached",
}


def run(
    service: Annotated[
        str | None,
        typer.Argument(autocompletion=service_names, help="A service's name, as in ./devkit status."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Return once a debugger is attached and the service is ready.")
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="Show which debug ports have a client.")] = False,
    port: Annotated[
        bool, typer.Option("--port", help="Print only the port to attach to in this clone, for editors.")
    ] = False,
    as_json: JsonOption = False,
    engine: EngineOption = None,
) -> None:
    """Restart a service so that it waits for your debugger before its first line, or show which have one.

    Attaching needs no command at all: F5 does, at any time. This is for what runs while a service starts.
    """
    if port and (service is None or wait or status or as_json):
        raise DevkitError(
            "--port takes one service and no other option",
            fix="./devkit debug --port SERVICE",
            exit_code=ExitCode.USAGE,
        )
    if (service is None) is not status or (status and wait) or (as_json and not status):
        message = "name one service, or ask for --status"
        raise DevkitError(
            message, fix="name the service: ./devkit debug SERVICE --wait", exit_code=ExitCode.USAGE
        )
    chosen = active_engine(project_root(), engine)
    if service is None:
        _show(chosen, as_json=as_json)
        return
    if port:
        _print_port(chosen, service)
        return
    unit = _unit(chosen, service)
    chosen.debug(service, wait=True)
    say(f"devkit: {service} waits for a debugger on 127.0.0.1:{unit.debug_port}, before its first line")
    say(f"    → attach with F5 in VS Code; ./devkit restart {service} starts it without")
    if wait:
        _wait(chosen, service)


def _show(engine: Engine, *, as_json: bool) -> None:
    units = [unit for unit in engine.overview().units if unit.debug_port]
    if as_json:
        ports = [
            {"service": unit.name, "port": unit.debug_port, "debugger": unit.debugger or None}
            for unit in units
        ]
        emit(json.dumps({"version": 1, "engine": engine.name, "ports": ports}, indent=2))
        return
    rows = [
        (unit.name, str(unit.debug_port), _SAID.get(unit.debugger, f"does not answer ({unit.state.value})"))
        for unit in units
    ]
    print_table(("service", "debug", ""), rows)


def _print_port(engine: Engine, service: str) -> None:
    """One line, a number: an editor takes what is printed for the port, and waits for it."""
    emit(str(_unit(engine, service, examine=False).debug_port))


def _wait(engine: Engine, service: str) -> None:
    said = False
    started = time.monotonic()
    try:
        while True:
            unit = _unit(engine, service)
            if unit.debugger == "attached" and not said:
                say(f"devkit: a debugger is attached after {time.monotonic() - started:.1f} s")
                said = True
            if said and unit.state is State.READY:
                say(f"devkit: {service} is ready")
                return
            if unit.debugger == "none" or unit.state in (State.CRASHED, State.STOPPED):
                raise DevkitError(f"{service} no longer waits: {unit.detail or unit.state.value}")
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        if not said:
            engine.debug(service, wait=False)
            say(f"\ndevkit: {service} starts without a debugger")
        raise


def _unit(engine: Engine, service: str, *, examine: bool = True) -> Status:
    units = {unit.name: unit for unit in engine.overview(examine=examine).units}
    if service not in units:
        raise unknown_service(
            service, [name for name, unit in units.items() if unit.debug_port], running=True
        )
    unit = units[service]
    if unit.state is State.OFF:
        raise DevkitError(
            f"{service} does not run here: {unit.detail}", fix="./devkit status shows what runs"
        )
    if not unit.debug_port:
        raise DevkitError(f"{service} has no debug port", fix="./devkit debug --status shows which have")
    return unit
