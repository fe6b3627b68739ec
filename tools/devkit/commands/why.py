"""`devkit why`: what happened to an order, and where it waits."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.base.console import emit, say, styled
from devkit.base.errors import DevkitError
from devkit.base.paths import project_root, table_file
from devkit.commands.jobs.target import age, open_operations
from devkit.commands.options import EngineOption
from devkit.engines.choice import active_engine
from devkit.engines.events import State
from devkit.table.load import read_table

if TYPE_CHECKING:
    from devkit.operations.contract import Entry
    from devkit.operations.why import Hop

__all__ = ["run"]

_LONGEST_WORD = 30
_AT_WORK = (State.READY, State.OFF)


def run(
    name: Annotated[
        str, typer.Argument(metavar="ORDER", help="Its number, its id, or the id that the shop gave it.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    engine: EngineOption = None,
) -> None:
    """Tell what happened to an order, in all services, and where it waits: at which hop, how long, and what to do."""
    from devkit.operations.why import hops

    table = read_table(table_file(project_root()))
    routes = {
        provider: (service.name, webhook.to)
        for service in table.services.values()
        for provider, webhook in service.webhooks.items()
    }
    away = _away(engine)
    with open_operations(engine) as operations:
        found = operations.subjects(name)
        if not found:
            raise _unknown(name, routes, away)
        subject, title, _ = found[0]
        entries, jobs = operations.journal(subject), operations.jobs_about(subject)
        queues = {queue.queue: queue for queue in operations.queues()}
    waiting = hops(entries, jobs, queues, away, routes)
    if len(found) > 1:
        say(f"devkit: {len(found)} are called {name}; this is the newest, {subject}")
    if as_json:
        content = {
            "version": 1,
            "subject": subject,
            "title": title,
            "waits": [asdict(hop) for hop in waiting],
            "journal": [asdict(entry) for entry in entries],
        }
        emit(json.dumps(content, indent=2, default=str))
        return
    _print_chain(entries)
    _print_hops(title, waiting)


def _away(engine: str | None) -> dict[str, str]:
    """The services that do not run, each with its state; none where no engine can tell."""
    try:
        units = active_engine(project_root(), engine).overview().units
    except DevkitError:
        return {}
    return {
        unit.name: f"is {unit.state.value}" + (f" ({unit.detail})" if unit.detail else "")
        for unit in units
        if unit.state not in _AT_WORK and unit.kind != "task"
    }


def _unknown(name: str, routes: dict[str, tuple[str, str]], away: dict[str, str]) -> DevkitError:
    closed = [part for part in dict.fromkeys(itertools.chain(*routes.values())) if part in away]
    if closed:
        state = "; ".join(f"{part} {away[part]}" for part in closed)
        return DevkitError(
            f"nothing has come of {name}: its webhook may not come in, {state}",
            fix=f"./devkit restart {closed[0]}",
        )
    return DevkitError(
        f"nothing has come of {name}",
        fix="is it the order's number, its id, or the shop's id? Does the shop send its webhooks here? ./devkit tunnel",
    )


def _print_chain(entries: list[Entry]) -> None:
    day: object = None
    for entry in entries:
        at = entry.at.astimezone()
        if at.date() != day:
            day = at.date()
            emit(styled(f"{at:%Y-%m-%d}", "bold"))
        detail = f" ({entry.detail})" if entry.detail else ""
        because = f"  ← {_short(entry.cause)}" if entry.cause else ""
        emit(f"  {_clock(at)}  {entry.service}: {entry.what}{detail}" + styled(because, "dim"))
    traces = {entry.trace for entry in entries if entry.trace}
    if traces:
        emit(f"  {'trace' if len(traces) == 1 else 'traces'} {', '.join(sorted(traces))}")


def _short(cause: str) -> str:
    """Ids of webhooks can be 64 characters long; --json has them whole."""
    return " ".join(word if len(word) <= _LONGEST_WORD else f"{word[:8]}…" for word in cause.split(" "))


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"


def _print_hops(title: str, waiting: list[Hop]) -> None:
    if not waiting:
        emit(f"{title} waits for nothing: it is over.")
        return
    for number, hop in enumerate(waiting):
        how_long = f" for {age(hop.since)}" if hop.since else ""
        word = f"{title} waits{how_long} at {hop.hop}" if number == 0 else f"also{how_long} at {hop.hop}"
        emit(styled(word, "bold", "red" if hop.stuck else "yellow"))
        emit(f"    {hop.what}")
        emit(f"    → {hop.todo}")
