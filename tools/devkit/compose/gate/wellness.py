"""Every service runs with as many copies as the files say, all of them healthy, and none of them restarts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from devkit.checks import Problem, Problems, check, warning
from devkit.compose.audit.stack import Service
from devkit.compose.containers import Container, moment
from devkit.compose.gate.subject import Gate

__all__ = ["copies_of", "problems_of", "wellness"]

# Seconds within which a restart counts as one of now: Docker waits up to a minute between two.
_RECENT = 120


@check(
    "gate.containers",
    "every service runs with as many copies as the files say, healthy, and none restarts",
    after=("gate.docker",),
    deadline=120,
)
def wellness(gate: Gate) -> str:
    first = gate.first_look
    time.sleep(gate.every * (gate.times - 1))
    last = gate.look()
    now = _now(gate)
    found = [
        problem for service in gate.concerned for problem in problems_of(gate, service, first, last, now)
    ]
    if found:
        raise Problems(found)
    names = {service.name for service in gate.concerned}
    return f"{len(names)} services, {sum(each.runs and each.service in names for each in last)} containers"


def copies_of(service: Service) -> int:
    """How many copies the files say."""
    for path in (("scale",), ("deploy", "replicas")):
        value = service.plain(*path)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return 1


def problems_of(
    gate: Gate, service: Service, first: list[Container], last: list[Container], now: datetime
) -> Iterator[Problem]:
    """What is wrong with one service's containers. `first` and `last`: two looks, `now`: the time on the Docker host."""
    logs = gate.compose("logs", "--tail", "50", service.name)
    before = {each.id: each for each in first}
    copies = [each for each in last if each.service == service.name]
    if service.ends_by_itself:
        yield from (
            Problem(f"{each.name} ended with exit code {each.exit_code}", logs)
            for each in copies
            if not each.runs and each.exit_code
        )
        return
    for each in copies:
        if trouble := _trouble(each, before.get(each.id, each), now):
            yield Problem(f"{each.name} {trouble}", logs)
    wanted, running = copies_of(service), sum(each.runs for each in copies)
    if not copies and wanted:
        yield Problem(f"{service.name} has no container", gate.up("--no-deps", service.name))
    elif running < wanted and running == len(copies):
        fix = gate.up("--no-deps", "--no-recreate", service.name)
        yield Problem(f"{service.name} runs {running} of {wanted} copies", fix)
    elif running > wanted:
        yield warning(
            f"{service.name} runs {running} copies; the files say {wanted}",
            f"an update that did not end, or --scale? {gate.up('--no-deps', '--no-recreate', service.name)} goes back to {wanted}",
        )


def _trouble(container: Container, before: Container, now: datetime) -> str:
    """What is wrong with a container, in words that follow its name; empty for nothing."""
    if container.status == "restarting":
        return f"restarts again and again ({container.restarts} times; exit code {container.exit_code})"
    if container.out_of_memory:
        return "was out of memory, and a process in it was killed"
    if not container.runs:
        code = f" with code {container.exit_code}" if container.status == "exited" else ""
        return f"does not run: {container.status}{code}"
    if container.restarts > before.restarts:
        return f"restarted while the gate was looking ({container.restarts} times in all)"
    if container.restarts and container.started and (now - container.started).total_seconds() < _RECENT:
        seconds = max(0, int((now - container.started).total_seconds()))
        return f"restarted {seconds} s ago ({container.restarts} times in all)"
    if container.health == "unhealthy":
        return "is unhealthy" + (f": {container.said}" if container.said else "")
    if container.health == "starting":
        said = f" (last: {container.said})" if container.said else ""
        return f"has only started: Docker does not know yet whether it is healthy{said}"
    return ""


def _now(gate: Gate) -> datetime:
    """The time on the Docker host, whose clock says when containers started."""
    answer = gate.docker.ask("info", "--format", "{{.SystemTime}}")
    return moment(answer.out.strip()) or datetime.now(UTC)
