"""The platform under this clone's supervisor, for checks from outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from devkit.base.paths import table_file
from devkit.engines.events import State, Status
from devkit.engines.local.client import ask, units
from devkit.engines.local.edit import edited_here
from devkit.engines.site import Edit, Site
from devkit.secrets import read_secrets
from devkit.table.load import read_table

__all__ = ["LocalPlatform", "local_site"]


class LocalPlatform(Site):
    """Processes of this machine."""

    engine: ClassVar[str] = "local"
    move: ClassVar[str] = "./devkit up --port-offset 100"
    programs: ClassVar[tuple[str, ...]] = ("devkit:",)

    def how_to_start(self, name: str) -> str:
        return f"./devkit status shows it; ./devkit restart {name}"

    def why_down(self, name: str) -> str:
        return ""

    def process(self, name: str) -> str | None:
        return next((str(unit.pid) for unit in units(self.root) if unit.name == name), None)

    def edited(self, name: str, path: str) -> AbstractContextManager[Edit]:
        return edited_here(self.root / path)

    def restart(self, name: str) -> Callable[[], str]:
        from devkit.engines.local.adapter import LocalEngine

        LocalEngine(self.root).restart([name])
        return lambda: ""


def local_site(root: Path) -> LocalPlatform:
    """Raises DevkitError when nothing runs."""
    table = read_table(table_file(root))
    reply = ask(root, do="status")
    known = {unit["name"]: Status.from_json(unit) for unit in reply["units"]}
    off: dict[str, str] = {}
    for service in table.services.values():
        unit = known.get(service.name)
        if service.kubernetes_only:
            off[service.name] = "runs in Kubernetes only"
        elif unit is None:
            off[service.name] = "is not among what ./devkit up was asked to start"
        elif unit.state is State.OFF:
            off[service.name] = unit.detail
    return LocalPlatform(root, table, off, int(reply["offset"]), read_secrets(root, table))
