"""The commands of a plan, as a roll that meets no trouble runs them. A container that is not there yet is called NEW-1, its address
ADDRESS-1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from devkit.compose.containers import containers_of
from devkit.compose.docker import Docker
from devkit.compose.roll import commands
from devkit.compose.roll.batches import Make, Retire, next_step
from devkit.compose.roll.commands import Words
from devkit.compose.roll.names import take_names
from devkit.compose.roll.plan import Plan, ServicePlan

__all__ = ["commands_of"]


def commands_of(plan: Plan, docker: Docker) -> list[str]:
    """Lines for a shell; what is waited for is in comments."""
    lines = []
    numbers = count(1)
    if plan.migration is not None:
        lines += [docker.shown(commands.pending_migration(docker, plan)) + " || \\"]
        lines += ["  " + docker.shown(commands.apply_migration(docker, plan))]
    for service in plan.services:
        lines += [f"# {service.name}"]
        lines += [
            step if isinstance(step, str) else docker.shown(step)
            for step in _service(plan, docker, service, numbers)
        ]
    kept = [identifier for service in plan.services for identifier in service.old]
    lines += [f"# new copies are watched for {max(each.update.monitor for each in plan.services):g} s"]
    lines += [f"# {plan.env_file}: {name}={value}" for name, value in plan.variables.items()]
    return lines + [docker.shown(commands.remove(docker, identifier)) for identifier in kept]


def _service(
    plan: Plan, docker: Docker, service: ServicePlan, numbers: Iterator[int]
) -> Iterator[Words | str]:
    old = [copy for copy in containers_of(docker, plan.project, service.name) if copy.id in service.old]
    new, containers = 0, len(service.known)
    networks = [network for network in plan.networks if network in service.names]
    while (step := next_step(service.update, service.copies, len(old), new)) is not None:
        if isinstance(step, Retire):
            leaving, old = old[: step.count], old[step.count :]
            for copy in leaving:
                yield from take_names(docker, plan, service, copy)
                yield from (commands.hook(docker, copy.id, command) for command in service.hooks)
                yield commands.stop(docker, copy.id, service.grace)
        if isinstance(step, Make):
            if new and service.update.delay:
                yield f"sleep {service.update.delay:g}"
            containers += step.count
            yield commands.create(docker, service, containers)
            made = [next(numbers) for _ in range(step.count)]
            for number in made:
                yield from _joined(docker, networks, number, {})
                yield commands.start(docker, f"NEW-{number}")
            for number in made:
                yield f"# until NEW-{number} is ready"
                if service.has_health:
                    yield f"# until NEW-{number} is healthy"
                if plan.proxy and service.routes:
                    yield f"# until the proxy sends to NEW-{number}"
                yield from _joined(docker, networks, number, service.names)
            new += step.count


def _joined(
    docker: Docker, networks: Sequence[str], number: int, names: Mapping[str, Sequence[str]]
) -> Iterator[Words]:
    for network in networks:
        yield commands.disconnect(docker, network, f"NEW-{number}")
        yield commands.connect(docker, network, f"NEW-{number}", f"ADDRESS-{number}", names.get(network, ()))
