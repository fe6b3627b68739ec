"""The local engine's entry in the registry. Light: it imports nothing of what it starts."""

from __future__ import annotations

from pathlib import Path

from devkit.base.clone import CopiedState
from devkit.engines.local.client import is_running, running
from devkit.engines.protocol import Engine, EngineEntry, Plan, Suitability
from devkit.model import Table

__all__ = ["LOCAL"]


def _make(root: Path) -> Engine:
    from devkit.engines.local.adapter import LocalEngine

    return LocalEngine(root)


def _plan(root: Path, table: Table) -> Plan:
    from devkit.base.errors import DevkitError
    from devkit.render.environment import connections
    from devkit.secrets import read_secrets
    from devkit.table.overrides import parse_overrides, read_config

    try:
        secrets = read_secrets(root, table)
    except DevkitError:
        secrets = {}
    elsewhere = {service.name for name, (service, _) in connections(table).items() if name in secrets}
    services = {
        name: service
        for name, service in table.services.items()
        if service.enabled is not False
        and not service.kubernetes_only
        and service.type.runs_locally
        and name not in elsewhere
    }
    try:
        state = running(root)
    except CopiedState:
        state = None
    offset = state.offset if state else parse_overrides(table, *read_config(root)).port_offset
    return Plan(services, offset, lambda offset: f"./devkit up --port-offset {offset}")


LOCAL = EngineEntry(
    name="local",
    title="local engine",
    make=_make,
    runs=is_running,
    suits=lambda _: Suitability(True, ""),
    installed=lambda _: True,
    exclusive=True,
    plan=_plan,
    embeds=True,
)
