"""Which checks there are, from the table and the repository, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.engines.site import Site
from devkit.findings.selection import select
from devkit.model import ServiceType, Table
from devkit.verify.dns import check_names
from devkit.verify.forwards import check_debug_port, check_port
from devkit.verify.model import Check
from devkit.verify.project import project_checks
from devkit.verify.restart import check_restart
from devkit.verify.sync import check_sync

__all__ = ["GROUPS", "all_checks", "chosen"]

GROUPS = ("forwards", "dns", "sync", "restart")


def all_checks(root: Path, table: Table) -> list[Check]:
    """Every check, in the order in which they run."""
    return [
        *_forwards(table),
        *_each(table, "dns", _looks_up, "cluster names, asked in its pod", check_names, 60),
        *project_checks(root, GROUPS),
        *_each(table, "sync", _source, "a changed file is loaded", check_sync, 120, changes=True),
        *_each(table, "sync", _announces, "a change is announced", check_sync, 120, changes=True),
        *_each(table, "restart", _source, "ends cleanly, comes back", check_restart, 300, changes=True),
    ]


def _looks_up(kind: ServiceType) -> bool:
    return kind.container.look_up is not None


def _source(kind: ServiceType) -> bool:
    return kind.verification.source is not None


def _announces(kind: ServiceType) -> bool:
    return kind.verification.announces is not None


def _forwards(table: Table) -> Iterator[Check]:
    for service in table.services.values():
        name = service.name
        yield Check(
            f"forwards.{name}", "forwards", name, service.type.verification.speaks, partial(_with, check_port, name),
            deadline=60, port=service.port,
        )  # fmt: skip
        if service.debug_port and service.type.verification.debugger:
            yield Check(
                f"forwards.{name}.debug", "forwards", name, "a debugger's handshake",
                partial(_with, check_debug_port, name), deadline=60, port=service.debug_port,
            )  # fmt: skip


def _each(
    table: Table,
    group: str,
    trait: Callable[[ServiceType], bool],
    about: str,
    run: Callable[[Site, str], str],
    deadline: float,
    *,
    changes: bool = False,
) -> Iterator[Check]:
    for service in table.having(trait):
        name = service.name
        yield Check(
            f"{group}.{name}", group, name, about, partial(_with, run, name), changes, f"forwards.{name}",
            deadline,
        )  # fmt: skip


def _with(run: Callable[[Site, str], str], name: str, site: Site) -> str:
    return run(site, name)


def chosen(
    checks: Sequence[Check], only: Sequence[str], skip: Sequence[str], *, read_only: bool = False
) -> list[Check]:
    """The wanted checks, in order. Raises DevkitError (exit 2) for a name that fits no check, or when none is left."""
    wanted = select([check.id for check in checks], only, skip, "verify")
    left = [check for check in checks if check.id in wanted and not (read_only and check.changes)]
    if not left:
        raise DevkitError(
            f"nothing to check: --read-only leaves out {', '.join(wanted)}"
            if wanted
            else "nothing to check: --skip takes away all that there is",
            hint="./devkit verify --list shows every check, and which of them change something",
            exit_code=ExitCode.USAGE,
        )
    return left
