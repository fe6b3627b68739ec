"""What both engines can be asked; commands know nothing more of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from devkit.engines.events import Status

__all__ = ["Engine", "Overview"]


@dataclass(frozen=True)
class Overview:
    """The units, in the table's order; `more` is what else `status --json` says; `notes` are lines for people."""

    units: list[Status]
    more: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """One way of running the platform of a clone. Everything raises DevkitError when nothing runs, unless told otherwise."""

    name: str

    def overview(self) -> Overview:
        """How everything is."""

    def logs(self, service: str | None, *, follow: bool, lines: int) -> None:
        """Print the latest lines, prefixed; with `follow` go on until Ctrl-C."""

    def restart(self, service: str) -> str:
        """Restart one and wait until it is ready again. Returns what to say of it."""

    def debug(self, service: str, *, wait: bool) -> None:
        """Restart one so that it waits for a debugger before it does anything; without `wait`, end that waiting."""

    def down(self) -> bool:
        """Stop everything; data stays. Whether anything ran."""

    def reset(self) -> list[str]:
        """Delete all development data. What went."""
