"""A table as one developer's overrides make it. Everything else renders the result as it would any table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal

from devkit.model import Resources, Service, Table
from devkit.render.manifest import dev_resources
from devkit.table.overrides import Overrides
from devkit.table.quantity import parse_quantity

__all__ = ["Adjusted", "adjust"]

_MEBI = Decimal(1024) ** 2


@dataclass(frozen=True)
class Adjusted:
    """The table with every service in it, `running` those that run, and `stubbed` those that others call in vain, with
    nobody to stand in for them."""

    table: Table
    running: frozenset[str]
    stubbed: tuple[str, ...]


def adjust(table: Table, overrides: Overrides) -> Adjusted:
    """Apply `overrides`, which were checked against this table."""
    switched_off = {name for name, on in overrides.switched if not on and name not in overrides.services}
    off = switched_off | set(overrides.off)
    table = table.with_stand_ins(off)
    chosen = overrides.services or tuple(table.services)
    wanted = table.closure(name for name in chosen if name not in switched_off)
    running = frozenset(wanted - off)
    reached = {name for one in running for name in table.reached(one)}
    called = reached - running - table.replaced
    if not overrides.debug:
        table = table.without_debug()
    services = {name: _service(service, overrides) for name, service in table.services.items()}
    return Adjusted(
        replace(table, services=services, port_offset=overrides.port_offset, mesh=overrides.mesh),
        running,
        tuple(name for name in table.services if name in called),
    )


def _service(service: Service, overrides: Overrides) -> Service:
    if overrides.resource_scale != 1:
        service = replace(service, dev_resources=_scaled(dev_resources(service), overrides.resource_scale))
    return service


def _scaled(found: Resources, scale: Decimal) -> Resources:
    """Requests follow the scale. Limits only grow: what a process needs does not shrink with the machine."""
    requests = {what: _quantity(what, amount, scale) for what, amount in found.requests.items()}
    limits = {what: _quantity(what, amount, max(scale, Decimal(1))) for what, amount in found.limits.items()}
    return Resources(requests=requests, limits=limits)


def _quantity(what: str, amount: str, scale: Decimal) -> str:
    """Whole thousandths of a core, whole MiB, never zero."""
    unit, suffix = (Decimal("0.001"), "m") if what == "cpu" else (_MEBI, "Mi")
    units = (parse_quantity(amount) * scale / unit).to_integral_value(ROUND_UP)
    return f"{max(int(units), 1)}{suffix}"
