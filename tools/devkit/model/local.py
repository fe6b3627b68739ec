"""Where a service would run on the local engine, and why it does not. How it runs is a `devserve.process.Process`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Absent", "LocalSite"]


@dataclass(frozen=True)
class LocalSite:
    """Where a process is to run: the clone, its state folder, its ports, `url`, its own connection URL where its type
    has one (a secret), `name`, by which a server can be told from other clones', and how many `clients` a
    store must take at once."""

    root: Path
    state: Path
    port: int
    debug_port: int | None = None
    url: str = field(default="", repr=False)
    name: str = ""
    clients: int = 80


@dataclass(frozen=True)
class Absent:
    """Why a service does not run on the local engine."""

    reason: str
