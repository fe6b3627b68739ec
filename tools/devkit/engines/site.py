"""The running platform as checks from outside see it: what of it runs, where it answers, what it was given, and what can
be done to it. Each engine has its own; a check uses what is here and never asks which it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from devkit.model import Service, Table

__all__ = ["Edit", "LookUp", "Site", "mark_for"]

# Names as a container asks for them: (name, address, port or None: not connected to) each → the command that does it.
LookUp = Callable[[list[tuple[str, str, int | None]]], tuple[str, ...]]


@dataclass
class Edit:
    """Whether a file was restored; not so when somebody saved it meanwhile."""

    put_back: bool = False


def mark_for(path: str, name: str) -> str:
    """The comment that a changed file ends with."""
    return f"{'#' if path.endswith('.py') else '//'} {name}"


@dataclass(frozen=True)
class Site(ABC):
    """`table` is as the developer's overrides make it; `off` says why a service does not run here; `offset` is how far ports
    on this machine are from the table's; `secrets` are not to be shown. `missing` are services that should run and were
    never started.

    Methods raise `devkit.checks.Problem` with what is wrong.
    """

    root: Path
    table: Table
    off: Mapping[str, str]
    offset: int
    secrets: Mapping[str, str] = field(repr=False)
    missing: frozenset[str] = frozenset()

    engine: ClassVar[str]
    # How all ports are moved: a sentence's end.
    move: ClassVar[str]
    # How the names of the engine's own programs begin, which have ports of this machine.
    programs: ClassVar[tuple[str, ...]]
    # Whether it runs for one caller alone and is gone afterwards.
    private: ClassVar[bool] = False
    # How many times longer than usual things may take there.
    patience: ClassVar[float] = 1.0

    def service(self, name: str) -> Service:
        """A row of the table."""
        return self.table.services[name]

    def port(self, name: str) -> int:
        """Where a service answers on this machine."""
        return self.service(name).port + self.offset

    def debug_port(self, name: str) -> int | None:
        """Where a debugger attaches on this machine."""
        port = self.service(name).debug_port
        return port + self.offset if port else None

    def url(self, name: str) -> str:
        """The base URL of a service on this machine, without a slash at the end."""
        return f"http://127.0.0.1:{self.port(name)}"

    @abstractmethod
    def how_to_start(self, name: str) -> str:
        """The fix for a service on whose port nothing listens."""

    @abstractmethod
    def why_down(self, name: str) -> str:
        """What is known of a service that does not answer as it should; empty when nothing is."""

    @abstractmethod
    def process(self, name: str) -> str | None:
        """What differs from one process of a service to the next, where that can be seen from outside."""

    @abstractmethod
    def edited(self, name: str, path: str) -> AbstractContextManager[Edit]:
        """`path` (relative to the clone) is one comment longer for a service while the block runs. Afterwards the file has
        its old bytes and time, whatever ends the block; what somebody saves meanwhile stays."""

    @abstractmethod
    def restart(self, name: str) -> Callable[[], str]:
        """Restarts a service. What is returned waits for the end of the old process and says how it ended; it raises Problem
        when it had to be killed. Empty where that is not seen."""

    @contextmanager
    def devkit_forwards(self) -> Iterator[None]:
        """Makes the ports of this machine lead to the platform while the block runs, where they do not by themselves."""
        yield

    def names_in(self, name: str, look_up: LookUp) -> str | None:
        """Asks for every service's names inside the container of one. What was seen; None where services have no network
        of their own."""
        del name, look_up
        return None
