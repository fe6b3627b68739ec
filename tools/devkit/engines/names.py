"""The error for an unknown service name."""

from __future__ import annotations

from collections.abc import Iterable

from devkit.base.errors import DevkitError, ExitCode
from devkit.table.words import closest

__all__ = ["unknown_service"]


def unknown_service(name: str, known: Iterable[str], *, running: bool = False) -> DevkitError:
    """The error (exit 2) with a suggestion. `running`: only running services are asked for."""
    names = list(known)
    near = closest(name, names)
    what = "running" if running else "services"
    return DevkitError(
        f"no service {name}{' runs' if running else ''}" + (f"; did you mean {near}?" if near else ""),
        fix=f"{what}: {', '.join(names)}" if names else None,
        exit_code=ExitCode.USAGE,
    )
