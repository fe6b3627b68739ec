"""The interface of every engine; commands and checks use only this, and never ask which one runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from devkit.engines.events import Status

if TYPE_CHECKING:
    from devkit.cluster.client import Cluster
    from devkit.database.target import DatabaseTarget
    from devkit.engines.site import Site
    from devkit.engines.target import WebhookTarget
    from devkit.model import Service, Table

__all__ = ["Engine", "EngineEntry", "Overview", "Plan", "Pods", "Processes", "Suitability", "UpRequest"]


@dataclass(frozen=True)
class Overview:
    """The units, in the table's order; `more` is what else `status --json` says; `notes` are lines for people."""

    units: list[Status]
    more: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class UpRequest:
    """What `up` was asked for. `database_url` (without a password) replaces the engine's own database; `take_over` accepts
    what is another clone's, data or namespace; without a `port_offset` that of tilt_config.json counts."""

    services: tuple[str, ...] = ()
    port_offset: int | None = None
    database_url: str | None = None
    seed: bool = False
    detach: bool = False
    take_over: bool = False


@dataclass(frozen=True)
class Processes:
    """The units are processes of this machine, whose pids the overview has."""


@dataclass(frozen=True)
class Pods:
    """The units are pods, by the label `app`."""

    cluster: Cluster
    namespace: str


class Engine(Protocol):
    """One way of running the platform of a clone. Everything raises DevkitError when nothing runs, unless it says
    otherwise."""

    name: str
    # Asked before `reset` does it.
    reset_question: str

    def up(self, wanted: UpRequest, preflight: Callable[[], None]) -> int:
        """Run the platform: in the foreground until Ctrl-C, or return once everything is ready. The exit code.

        `preflight` tells what is wrong with this machine; it is called when it delays the start least.
        """

    def overview(self, *, examine: bool = True) -> Overview:
        """The state of everything. Without `examine` no service and no pod is asked: ports are certain, states may be old."""

    def logs(self, services: Sequence[str], *, follow: bool, lines: int) -> None:
        """Print the latest lines of these services or groups (none: of all), prefixed; with `follow` go on until Ctrl-C."""

    def view(self, *, owned: bool) -> int:
        """Show everything on the terminal's whole screen until the user leaves. `owned`: by an `up` in this terminal. The
        exit code. Raises DevkitError (exit 2) without a terminal, or where the engine has a page instead."""

    def restart(self, services: Sequence[str]) -> str:
        """Restart these services or groups and wait until they are ready again. Returns what to say of them."""

    def stop(self, services: Sequence[str]) -> str:
        """Stop these services or groups until `restart` or `up` names them. Returns what to say of them. Raises DevkitError
        (exit 2) where an engine cannot stop single ones."""

    def debug(self, service: str, *, wait: bool) -> None:
        """Restart one so that it waits for a debugger before it does anything; without `wait`, end that waiting."""

    def down(self) -> bool:
        """Stop everything; data is kept. Returns whether anything ran."""

    def reset(self) -> list[str]:
        """Delete all development data. Returns what was deleted."""

    def database(self) -> AbstractContextManager[DatabaseTarget]:
        """The platform's database, whether or not the platform runs."""

    def has_database(self) -> bool:
        """Whether there is one to speak of, so that a command takes this engine's unless another is named."""

    def webhook_target(self, provider: str) -> AbstractContextManager[WebhookTarget]:
        """Where a provider's webhooks go, whether or not the platform runs."""

    def site(self) -> Site:
        """The running platform, for checks from outside."""

    def units_are(self) -> Processes | Pods:
        """What the units are to somebody who measures them."""


@dataclass(frozen=True)
class Suitability:
    """Whether `up` can take an engine here, and why, in a few words."""

    suits: bool
    reason: str


@dataclass(frozen=True)
class Plan:
    """What an engine would run of a table, and how far its ports are from the table's. `move` says how to move them all
    by that much: a sentence's end."""

    services: Mapping[str, Service]
    offset: int
    move: Callable[[int], str]


@dataclass(frozen=True, kw_only=True)
class EngineEntry:
    """An engine as the registry knows it; nothing of it is imported before it is made.

    `runs`: whether it runs this clone's platform now (cheap where it can be). `suits`: whether `up` can take it.
    `installed`: whether its program is on a PATH like the given environment's. `plan`: what it would run; raises
    DevkitError for settings with mistakes. `exclusive`: while it runs, nothing else is started in its place, and asking
    it costs nothing. `embeds`: it brings its own Postgres and Redis. `in_cluster`:
    the platform is in a cluster.
    """

    name: str
    title: str
    make: Callable[[Path], Engine]
    runs: Callable[[Path], bool]
    suits: Callable[[Path], Suitability]
    installed: Callable[[Mapping[str, str]], bool]
    plan: Callable[[Path, Table], Plan]
    exclusive: bool = False
    embeds: bool = False
    in_cluster: bool = False
