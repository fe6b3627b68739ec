"""What the platform asks of the cluster's node in all."""

from __future__ import annotations

from decimal import Decimal

from devkit.base.errors import DevkitError
from devkit.checks import Skipped
from devkit.doctor.facts.tables import overrides, table
from devkit.doctor.machine import Machine
from devkit.render.adjust import Adjusted, adjust
from devkit.render.manifest import dev_resources
from devkit.table.quantity import parse_quantity

__all__ = ["adjusted", "cores", "cpu_requested", "gigabytes", "memory_requested"]


def adjusted(machine: Machine) -> Adjusted:
    """The table with this developer's settings. A check that uses it comes AFTER project.table.

    Raises Skipped when they have mistakes.
    """
    try:
        return adjust(machine.fact(table), machine.fact(overrides))
    except DevkitError:
        raise Skipped("not checked because project.overrides failed") from None


def cpu_requested(machine: Machine) -> Decimal:
    """Cores, of all services that would run."""
    return _requested(machine, "cpu")


def memory_requested(machine: Machine) -> Decimal:
    """Bytes, of all services that would run."""
    return _requested(machine, "memory")


def _requested(machine: Machine, what: str) -> Decimal:
    found = machine.fact(adjusted)
    services = (found.table.services[name] for name in found.running)
    amounts = (dev_resources(service).requests.get(what) for service in services)
    return sum((parse_quantity(amount) for amount in amounts if amount), Decimal(0))


def gigabytes(amount: Decimal) -> str:
    """Bytes as people read them."""
    return f"{amount / 2**30:.1f} GB" if amount >= 2**30 else f"{amount / 2**20:.0f} MB"


def cores(amount: Decimal) -> str:
    """Cores as people read them."""
    return f"{amount.quantize(Decimal('0.01')).normalize():f}"
