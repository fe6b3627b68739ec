"""What the local engine runs, as data: one `Unit` a process, derived from the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from devkit.engines.events import MIGRATE
from devkit.engines.local.databases import postgres_command, redis_command
from devkit.engines.local.page import page_command
from devkit.engines.names import unknown_service
from devkit.render.environment import derived_secrets, host_addresses, secret_names, service_environment
from devkit.table.model import Service, ServiceType, Table

__all__ = ["Kind", "Unit", "local_urls", "units_for"]


# To whoever starts the platform with a database that does not answer.
_OWN_DATABASE = "start that server; or leave --database-url (DATABASE_URL in secret.yaml) out, and the embedded one is used"


class Kind(Enum):
    """How a unit is started and how one knows that it is ready."""

    POSTGRES = "postgres"
    REDIS = "redis"
    TASK = "task"
    PYTHON = "python"
    VITE = "vite"


@dataclass(frozen=True)
class Unit:
    """One process of the local engine.

    `start` is the fork server's request without environment; `watch` are folders whose changes restart it;
    `off` says why it does not run here, if it does not.
    """

    name: str
    kind: Kind
    needs: tuple[str, ...] = ()
    port: int | None = None
    debug_port: int | None = None
    ready_path: str | None = None
    start: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    watch: tuple[Path, ...] = ()
    off: str | None = None


def local_urls(table: Table, secrets: Mapping[str, str], offset: int) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL: a database of one's own from the secrets if it is named there, else the engine's."""
    derived = derived_secrets(table, host_addresses(offset), secrets)
    return {name: secrets.get(name) or value for name, value in derived.items()}


def units_for(
    root: Path,
    table: Table,
    secrets: Mapping[str, str],
    *,
    offset: int,
    only: tuple[str, ...] = (),
    seed: bool = False,
) -> list[Unit]:
    """The units of this clone in the table's order.

    `only` names services to run (with what they need and call); empty means all. `seed` adds the example data.
    Raises DevkitError for an unknown name (exit 2) or when no Postgres or Redis can be had (exit 3).
    """
    table = table.with_stand_ins({s.name for s in table.services.values() if s.kubernetes_only})
    values = {**secrets, **local_urls(table, secrets, offset)}
    addresses = host_addresses(offset)
    wanted = _closure(table, only)
    units: list[Unit] = []
    for service in table.services.values():
        if service.name not in wanted or service.kubernetes_only:
            continue
        port = addresses.port(service)
        debug = service.debug_port + offset if service.debug_port else None
        environment = service_environment(table, service, addresses)
        environment |= {name: values[name] for name in secret_names(table, service) if values.get(name)}
        match service.type:
            case ServiceType.POSTGRES:
                if "DATABASE_URL" in secrets:
                    units.append(
                        Unit(service.name, Kind.POSTGRES, off="a database of your own (secret.yaml or flag)")
                    )
                else:
                    units.append(
                        Unit(service.name, Kind.POSTGRES, port=port, start=postgres_command(root, port))
                    )
                if service.migrations:
                    units.append(_migrations(root, service, values, seed=seed, own="DATABASE_URL" in secrets))
            case ServiceType.REDIS:
                if "REDIS_URL" in secrets:
                    units.append(
                        Unit(service.name, Kind.REDIS, off="a Redis of your own (secret.yaml or flag)")
                    )
                else:
                    units.append(Unit(service.name, Kind.REDIS, port=port, start=redis_command(root, port)))
            case ServiceType.PYTHON:
                units.append(_python(root, table, service, port, debug, environment))
            case ServiceType.VITE:
                start, off = page_command(root, service, port)
                folder = root / (service.path or f"apps/{service.name}")
                units.append(
                    Unit(
                        service.name,
                        Kind.VITE,
                        port=port,
                        ready_path="/",
                        start=start,
                        environment=environment,
                        watch=(folder / "package-lock.json",),
                        off=off,
                    )
                )
            case ServiceType.IMAGE:
                units.append(Unit(service.name, Kind.TASK, off="an image; runs in Kubernetes only"))
    return units


def _python(
    root: Path, table: Table, service: Service, port: int, debug: int | None, environment: dict[str, str]
) -> Unit:
    folder = root / (service.path or f"apps/{service.name}")
    migrations = tuple(MIGRATE for n in service.needs if table.services[n].migrations)
    app = service.app or f"{service.module}.main:app"
    return Unit(
        service.name,
        Kind.PYTHON,
        needs=(*service.needs, *migrations),
        port=port,
        debug_port=debug,
        ready_path=service.probes.ready if service.probes else None,
        start={
            "app": app,
            "port": port,
            "debug_port": debug,
            "path": [str(folder / "src"), str(root / "libs")],
            "cwd": str(root),
        },
        environment=environment,
        watch=(folder / "src", root / "libs"),
    )


def _migrations(root: Path, service: Service, values: Mapping[str, str], *, seed: bool, own: bool) -> Unit:
    # The embedded server may have much to recover; one's own runs already, or it is a mistake to be told of soon.
    deadline = 5.0 if own else 60.0
    hint = _OWN_DATABASE if own else f"./devkit logs {service.name} shows why"
    arguments: dict[str, object] = {
        "folder": str(root / str(service.migrations)), "deadline": deadline, "hint": hint,
    }  # fmt: skip
    if seed and service.seed:
        arguments["seed"] = str(root / service.seed)
    return Unit(
        MIGRATE,
        Kind.TASK,
        needs=(service.name,),
        start={
            "task": "devkit.engines.local.tasks:migrate",
            "arguments": arguments,
            "path": [str(Path(__file__).resolve().parents[3])],
            "cwd": str(root),
        },
        environment={"DATABASE_URL": values["DATABASE_URL"]},
        watch=(root / str(service.migrations),),
    )


def _closure(table: Table, only: tuple[str, ...]) -> set[str]:
    """The named services and all that they need or call, directly or not."""
    unknown = [name for name in only if name not in table.services]
    if unknown:
        names = [name for name, service in table.services.items() if not service.kubernetes_only]
        raise unknown_service(unknown[0], names)
    return table.closure(only or [name for name, s in table.services.items() if s.enabled is not False])
