"""Which checks there are of the running platform, from the table and the repository, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.checks.catalogue import refuse_misfits
from devkit.checks.selection import select
from devkit.engines.registry import ENGINES
from devkit.engines.site import Site
from devkit.model import Service, ServiceType, Table
from devkit.verify.dns import check_names
from devkit.verify.forwards import check_debug_port, check_port
from devkit.verify.model import PlatformCheck
from devkit.verify.project import project_checks
from devkit.verify.restart import check_restart
from devkit.verify.sync import check_sync

__all__ = ["GROUPS", "all_checks", "chosen"]

GROUPS = ("forwards", "dns", "sync", "restart")


def all_checks(root: Path, table: Table) -> list[PlatformCheck]:
    """Every check, in the order in which they run. Raises DevkitError (exit 2) for one of the repository's that is none."""
    checks = [
        *_forwards(table),
        *_each(table, "dns", _looks_up, "cluster names, asked in its pod", check_names, 60),
        *project_checks(root, GROUPS),
        *_each(table, "sync", _source, "a changed file is loaded", check_sync, 120, serial=True),
        *_each(table, "sync", _announces, "a change is announced", check_sync, 120, serial=True),
        *_each(table, "restart", _source, "ends cleanly, comes back", check_restart, 300, serial=True),
    ]
    refuse_misfits(checks, ENGINES)
    return checks


def _looks_up(kind: ServiceType) -> bool:
    return kind.container.look_up is not None


def _source(kind: ServiceType) -> bool:
    return kind.verification.source is not None


def _announces(kind: ServiceType) -> bool:
    return kind.verification.announces is not None


def _forwards(table: Table) -> Iterator[PlatformCheck]:
    for service in table.services.values():
        name, asked = service.name, service.type.verification
        yield _of(
            service, f"forwards.{name}", asked.speaks, partial(_with, check_port, name), port=service.port
        )
        if service.debug_port and asked.debugger:
            run = partial(_with, check_debug_port, name)
            yield _of(
                service, f"forwards.{name}.debug", "a debugger's handshake", run, port=service.debug_port
            )


def _each(
    table: Table,
    group: str,
    trait: Callable[[ServiceType], bool],
    about: str,
    run: Callable[[Site, str], str],
    deadline: float,
    *,
    serial: bool = False,
) -> Iterator[PlatformCheck]:
    for service in table.having(trait):
        after = (f"forwards.{service.name}",) if serial else ()
        yield _of(
            service, f"{group}.{service.name}", about, partial(_with, run, service.name), after=after, deadline=deadline,
            serial=serial,
        )  # fmt: skip


def _of(
    service: Service,
    id: str,
    about: str,
    run: Callable[[Site], str],
    *,
    after: tuple[str, ...] = (),
    deadline: float = 60.0,
    serial: bool = False,
    port: int | None = None,
) -> PlatformCheck:
    fix = f"./devkit logs {service.name} shows what it does"
    return PlatformCheck(
        id=id, about=about, run=run, after=after, deadline=deadline, serial=serial, fix=fix, service=service.name, port=port
    )  # fmt: skip


def _with(run: Callable[[Site, str], str], name: str, site: Site) -> str:
    return run(site, name)


def chosen(
    checks: Sequence[PlatformCheck], only: Sequence[str], skip: Sequence[str], *, read_only: bool = False
) -> list[PlatformCheck]:
    """The wanted checks, in order. Raises DevkitError (exit 2) for a name that fits no check, or when none is left."""
    wanted = select(checks, only, skip, "verify")
    left = [check for check in wanted if not (read_only and check.serial)]
    if not left:
        raise DevkitError(
            f"nothing to check: --read-only leaves out {', '.join(check.id for check in wanted)}"
            if wanted
            else "nothing to check: --skip leaves out everything",
            fix="./devkit verify --list shows every check, and which of them change something",
            exit_code=ExitCode.USAGE,
        )
    return left
