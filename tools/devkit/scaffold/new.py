"""`devkit new service`: a row, code, a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.model import ServiceType, Table
from devkit.scaffold.change import Change, read_text
from devkit.scaffold.rows import Rows
from devkit.scaffold.templates import named, rendered, scaffold_of
from devkit.table.rules.ports import RESERVED_PORTS
from devkit.table.words import closest, listed
from devkit.types.registry import every_type

__all__ = ["NewService", "new_service", "type_named"]

# Where the first service of a table listens, and its debugger.
_FIRST_PORT, _FIRST_DEBUG_PORT = 3000, 9229
_RESOURCES = {
    "requests": {"cpu": "100m", "memory": "128Mi"},
    "limits": {"cpu": "500m", "memory": "512Mi"},
}


@dataclass(frozen=True)
class NewService:
    """What is about to be made; `code` is the file to begin with."""

    change: Change
    code: str
    port: int
    debug_port: int | None


def type_named(name: str) -> ServiceType:
    """Raises DevkitError (exit 2) for a type that nobody knows."""
    known = every_type()
    if name not in known:
        near = closest(name, known)
        raise DevkitError(
            f"there is no service type `{name}`",
            fix=f"did you mean {near}?" if near else f"choose among {listed(known)}",
            exit_code=ExitCode.USAGE,
        )
    return known[name]


def new_service(
    root: Path,
    name: str,
    kind: ServiceType,
    *,
    about: str = "",
    port: int | None = None,
    debug_port: int | None = None,
    needs: Sequence[str] = (),
    calls: Sequence[str] = (),
) -> NewService:
    """Plans it; nothing is written yet. `needs` and `calls` are added to those that the templates ask for.

    Raises DevkitError (exit 2) for a name or port that the table refuses, or when the type has no templates.
    """
    text, table = read_text(root)
    if name in table.services:
        raise DevkitError(
            f"dev/services.yaml has a service `{name}` already",
            fix="choose another name",
            exit_code=ExitCode.USAGE,
        )
    scaffold = scaffold_of(root, kind)
    used = _used_ports(table)
    port = port or _free_port(table, used)
    if scaffold.debug:
        debug_port = debug_port or _free_debug_port(table, used | {port})
    row: dict[str, Any] = {"type": kind.name, "about": about or "Describe it in one sentence.", "port": port}
    row |= {"debug_port": debug_port} if debug_port else {}
    row |= scaffold.row
    for key, more in (("needs", needs), ("calls", calls)):
        if wanted := list(dict.fromkeys([*scaffold.row.get(key, ()), *more])):
            row[key] = wanted
    row.setdefault("resources", _RESOURCES)
    values = {
        "name": name,
        "module": name.replace("-", "_"),
        "title": name.replace("-", " ").title(),
        "port": port,
        "debug_port": debug_port,
    }
    alike = [service.name for service in table.services.values() if service.type is kind]
    text = Rows(text).add(name, row, after=alike[-1] if alike else None)
    change = Change(text, rendered(scaffold.files, values), created=True)
    return NewService(change, named(scaffold.code, values), port, debug_port)


def _used_ports(table: Table) -> set[int]:
    services = table.services.values()
    return {port for s in services for port in (s.port, s.debug_port) if port} | RESERVED_PORTS.keys()


def _free_port(table: Table, used: set[int]) -> int:
    """After those of the services that are built here."""
    built = [s.port for s in table.having(lambda kind: kind.container.build and kind.takes_webhooks)]
    return _next(max(built, default=_FIRST_PORT - 1) + 1, used)


def _free_debug_port(table: Table, used: set[int]) -> int:
    debug = [s.debug_port for s in table.services.values() if s.debug_port]
    return _next(max(debug, default=_FIRST_DEBUG_PORT - 1) + 1, used)


def _next(port: int, used: set[int]) -> int:
    free: int = next(each for each in (*range(port, 65536), *range(1024, port)) if each not in used)
    return free
