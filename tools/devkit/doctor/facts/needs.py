"""What the services of the local engine ask for in all."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from devkit.doctor.facts.clone import copied
from devkit.doctor.facts.tables import table
from devkit.doctor.machine import Machine, observed
from devkit.engines.local.client import is_running
from devkit.render.manifest import dev_resources
from devkit.table.quantity import parse_quantity

__all__ = ["requested", "runs", "without"]


def requested(machine: Machine) -> dict[str, Decimal]:
    """Cores (`cpu`) and bytes (`memory`). A check that uses it comes after project.table."""
    total = {"cpu": Decimal(0), "memory": Decimal(0)}
    for service in machine.fact(table).services.values():
        if service.kubernetes_only or not service.type.runs_locally:
            continue
        for what, amount in dev_resources(service).requests.items():
            if what in total:
                total[what] += parse_quantity(amount)
    return total


@observed("platform runs")
def runs(machine: Machine) -> bool:
    """Whether this clone's platform runs already on the local engine."""
    return not copied(machine) and is_running(machine.root)


def without(names: Sequence[str]) -> str:
    """What a missing program means for the services that run on it, as the end of a sentence."""
    return f"{', '.join(names)} {'does' if len(names) == 1 else 'do'} not run, everything else does"
