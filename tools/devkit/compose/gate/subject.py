"""What the checks of the gate look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from devkit.base.errors import DevkitError, ExitCode
from devkit.compose.audit.stack import Role, Service, Stack
from devkit.compose.containers import Container, containers_of
from devkit.compose.docker import Docker
from devkit.table.words import closest

__all__ = ["Gate"]

_FREE = 2 * 10**9


@dataclass
class Gate:
    """A project, the Docker that it runs on, and what to ask for.

    `services` are those that are to be updated; empty: all. `times` and `every` (seconds) say how often readiness is asked.
    `tag`: the one that is to be rolled out; empty: the one in the files. `connect_to`: where requests go instead of to the
    addresses of the names; `ca_file`: an authority that is trusted beside the usual ones; `free`: bytes that have to be free.

    `migrations` looks at the database, and `holder` says who is updating the project; both come from the command, as `run` of
    a check does. None: there is nothing to look at.

    Raises DevkitError (exit 2) for a service that the project does not have, and for a tag without services.
    """

    stack: Stack
    docker: Docker
    services: tuple[str, ...] = ()
    times: int = 3
    every: float = 2.0
    tag: str = ""
    connect_to: tuple[str, int] | None = None
    ca_file: Path | None = None
    free: int = _FREE
    migrations: Callable[[Gate], str] | None = None
    holder: Callable[[Gate], str] | None = None

    def __post_init__(self) -> None:
        for name in self.services:
            if name not in self.stack.names:
                near = closest(name, self.stack.names)
                disabled = (
                    "; it is in a profile that is not enabled" if name in self.stack.project.disabled else ""
                )
                raise DevkitError(
                    f"{self.project} has no service {name!r}{disabled}",
                    fix=f"did you mean {near}?"
                    if near
                    else f"there are {', '.join(sorted(self.stack.names))}",
                    exit_code=ExitCode.USAGE,
                )

        if self.tag and not self.services:
            raise DevkitError(
                "--tag goes with the services that are to get it: not all are built from every commit",
                fix=f"./devkit compose gate SERVICE --tag {self.tag}",
                exit_code=ExitCode.USAGE,
            )

    @property
    def project(self) -> str:
        """The project's name."""
        return self.stack.project.name

    @cached_property
    def concerned(self) -> list[Service]:
        """The services that have to be well: those to be updated, what they depend on, and the proxies in front of them."""
        if not self.services:
            return self.stack.services
        by_name = {service.name: service for service in self.stack.services}
        names = {service.name for service in self.stack.services if service.role is Role.PROXY}
        waiting = list(self.services)
        while waiting:
            name = waiting.pop()
            if name in by_name and name not in names:
                names.add(name)
                waiting += by_name[name].entries("depends_on")
        return [service for service in self.stack.services if service.name in names]

    @cached_property
    def updated(self) -> list[Service]:
        """The applications that are to be updated."""
        return [each for each in self.stack.applications() if not self.services or each.name in self.services]

    @cached_property
    def first_look(self) -> list[Container]:
        """The project's containers, when they were first asked for. Raises DevkitError."""
        return self.look()

    def look(self) -> list[Container]:
        """The project's containers now. Raises DevkitError."""
        return containers_of(self.docker, self.project)

    def running(self, services: Iterable[Service]) -> list[Container]:
        """Those of the first look that run and belong to these services."""
        names = {service.name for service in services}
        return [each for each in self.first_look if each.runs and each.service in names]

    def compose(self, *words: str) -> str:
        """A command of Compose for a person to type, in whatever folder."""
        return " ".join(self.docker.words("compose", "-p", self.project, *words))

    def up(self, *words: str) -> str:
        """`docker compose up -d` for a person to type, where the files are."""
        return " ".join(self.docker.words("compose", "up", "-d", *words))
