"""Which services are meant on a command line: by their names, or by a group's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from devkit.base.errors import DevkitError, ExitCode
from devkit.table.words import closest

__all__ = ["SERVICES_HELP", "named", "unknown_service"]

SERVICES_HELP = "Services as in ./devkit status, or groups: infra, backend, frontend, tools."


def named(
    words: Iterable[str], known: Sequence[str], groups: Mapping[str, Sequence[str]], *, running: bool = False
) -> list[str]:
    """The known services that `words` name, each once. Raises DevkitError (exit 2) for one that is neither a service nor a
    group; a service of a group's name comes first."""
    found: list[str] = []
    for word in words:
        members = [name for name in groups.get(word, ()) if name in known]
        if word in known:
            found.append(word)
        elif members:
            found += members
        else:
            raise unknown_service(word, known, running=running)
    return list(dict.fromkeys(found))


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
