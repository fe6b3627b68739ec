"""What the local engine runs, as data: one `Unit` per process, derived from the table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from devserve.process import Process

from devkit.base.clone import known_clone, server_name
from devkit.base.errors import DevkitError, ExitCode
from devkit.base.paths import state_dir
from devkit.engines.events import MIGRATE
from devkit.engines.names import named
from devkit.model import Absent, Connection, LocalSite, Service, Table
from devkit.render.environment import on_host, secret_names
from devkit.table.overrides import groups

__all__ = ["TASK", "Unit", "local_urls", "services_named", "units_for", "wanted_ports"]


# To whoever starts the platform with a database that does not answer.
_EXTERNAL_DATABASE = "start that server; or leave --database-url (DATABASE_URL in secret.yaml) out, and the embedded one is used"


TASK = "task"


@dataclass(frozen=True)
class Unit:
    """One process of the local engine: a service (`kind` is its type's name) or a task, which ends by itself.

    `process` is how it runs; None where it is `off`, which says why. `needs` must be ready first.
    """

    name: str
    kind: str
    card: str = ""
    group: str = ""
    needs: tuple[str, ...] = ()
    port: int | None = None
    debug_port: int | None = None
    process: Process | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    off: str | None = None


def local_urls(table: Table, secrets: Mapping[str, str], offset: int) -> dict[str, str]:
    """The connection URLs (DATABASE_URL, REDIS_URL): the developer's own server from the secrets if it is named there, else the engine's."""
    derived = on_host(table, offset).connection_urls(secrets)
    return {name: secrets.get(name) or value for name, value in derived.items()}


def units_for(
    root: Path,
    table: Table,
    secrets: Mapping[str, str],
    *,
    offset: int,
    only: tuple[str, ...] = (),
    also: Collection[str] = (),
    seed: bool = False,
    clients: int = 80,
) -> list[Unit]:
    """The units of this clone in the table's order.

    `only` names services or groups to run (with what they need and call); empty means all that are enabled. `also` are more
    services; such as are not in the table any more are left out. `seed` adds the example data; `clients` is how many a store must take at once.
    Raises DevkitError for an unknown name in `only` (exit 2) or when no Postgres or Redis can be had (exit 3).
    """
    table = table.with_stand_ins({s.name for s in table.services.values() if s.kubernetes_only})
    values = {**secrets, **local_urls(table, secrets, offset)}
    host = on_host(table, offset)
    wanted = _wanted(table, only, also)
    units: list[Unit] = []
    for service in table.services.values():
        if service.name not in wanted or service.kubernetes_only:
            continue
        environment = host.of(service)
        environment |= {name: values[name] for name in secret_names(table, service) if values.get(name)}
        connection = service.type.environment.connection
        site = LocalSite(
            root,
            state_dir(root),
            host.port(service),
            service.debug_port + offset if service.debug_port else None,
            values.get(connection.variable, "") if connection else "",
            _server_name(root),
            clients,
        )
        replaced = connection if connection and connection.variable in secrets else None
        units.append(_unit(table, service, site, environment, replaced))
        if service.migrations:
            external = "DATABASE_URL" in secrets
            units.append(_migrations(root, service, values, seed=seed, external=external))
    return units


def _unit(
    table: Table,
    service: Service,
    site: LocalSite,
    environment: dict[str, str],
    replaced: Connection | None,
) -> Unit:
    unit = Unit(service.name, service.type.name, service.type.card.value, service.group)
    if replaced is not None:
        return replace(unit, off=f"{replaced.external} (secret.yaml or flag)")
    process = service.type.local(service, site)
    if isinstance(process, Absent):
        return replace(unit, port=site.port, off=process.reason)
    if service.restart is not None:
        process = replace(process, policy=service.restart)
    migrations = tuple(MIGRATE for name in service.needs if table.services[name].migrations)
    return replace(
        unit,
        needs=(*service.needs, *migrations),
        port=site.port,
        debug_port=site.debug_port,
        process=process,
        # An embedded server is told everything by its arguments.
        environment={} if process.store else environment,
    )


def _migrations(
    root: Path, service: Service, values: Mapping[str, str], *, seed: bool, external: bool
) -> Unit:
    # The embedded server may have much to recover; the developer's own runs already, or it is a mistake to be told of soon.
    deadline = 5.0 if external else 60.0
    fix = _EXTERNAL_DATABASE if external else f"./devkit logs {service.name} shows why"
    arguments: dict[str, object] = {
        "folder": str(root / str(service.migrations)), "deadline": deadline, "fix": fix,
        "server": "" if external else _server_name(root),
    }  # fmt: skip
    if seed and service.seed:
        arguments["seed"] = str(root / service.seed)
    folder = root / str(service.migrations)
    start = {
        "task": "devkit.engines.local.tasks:migrate",
        "arguments": arguments,
        "path": [str(Path(__file__).resolve().parents[3])],
        "cwd": str(root),
    }
    return Unit(
        MIGRATE,
        TASK,
        needs=(service.name,),
        process=Process(start=start, watch=(folder,), forked=True, task=True),
        environment={"DATABASE_URL": values["DATABASE_URL"]},
    )


def _server_name(root: Path) -> str:
    """What this clone's embedded Postgres calls itself; empty before the clone has an identity."""
    clone = known_clone(root)
    return server_name(clone.mark) if clone else ""


def services_named(table: Table, words: Sequence[str]) -> list[str]:
    """The services that words name: services, or groups of them. Raises DevkitError (exit 2) for one that is unknown or
    does not run here."""
    if elsewhere := [
        word for word in words if word in table.services and table.services[word].kubernetes_only
    ]:
        raise DevkitError(f"{elsewhere[0]} runs in Kubernetes only", exit_code=ExitCode.USAGE)
    return named(words, [name for name, s in table.services.items() if not s.kubernetes_only], groups(table))


def _wanted(table: Table, only: tuple[str, ...], also: Collection[str]) -> set[str]:
    """What is to run, and all that it needs or calls, directly or not."""
    first = services_named(table, only) or [
        name for name, s in table.services.items() if s.enabled is not False
    ]
    return table.closure([*first, *(name for name in also if name in table.services)])


def wanted_ports(units: Iterable[Unit]) -> dict[int, str]:
    """Every port that the units listen on, and who wants it."""
    wanted: dict[int, str] = {}
    for unit in units:
        if not unit.off:
            wanted |= {port: unit.name for port in (unit.port,) if port}
            wanted |= {port: f"{unit.name}'s debugger" for port in (unit.debug_port,) if port}
    return wanted
