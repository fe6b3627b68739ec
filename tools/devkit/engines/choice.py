"""Which engine: the one that runs, or the one that `up` should take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devkit.base.clone import CopiedState
from devkit.engines.protocol import Engine, EngineEntry
from devkit.engines.registry import ENGINES, PREFERRED, engine_entry

__all__ = [
    "Choice",
    "active_engine",
    "choose",
    "engine_with_database",
    "expected_engine",
    "named_engine",
    "running_here",
]


@dataclass(frozen=True)
class Choice:
    """An engine, and why it was taken."""

    entry: EngineEntry
    reason: str


def named_engine(root: Path, name: str) -> Engine:
    """The engine of a name. Raises DevkitError (exit 2) for another."""
    return engine_entry(name).make(root)


def active_engine(root: Path, wanted: str | None = None) -> Engine:
    """The engine that runs this clone's platform; when none does, the one that always suits, which then says so itself."""
    if wanted is not None:
        return named_engine(root, wanted)
    running = (entry for entry in ENGINES.values() if entry.runs(root))
    return next(running, PREFERRED[-1]).make(root)


def engine_with_database(root: Path, wanted: str | None = None) -> Engine:
    """The active engine, unless it has no database to speak of and was not asked for by name."""
    engine = active_engine(root, wanted)
    return engine if wanted is not None or engine.has_database() else PREFERRED[-1].make(root)


def choose(root: Path) -> Choice:
    """What `up` runs on: an engine that runs already and says so, else the first that suits this machine."""
    if running := running_here(root):
        return Choice(running, "it runs already")
    reason = ""
    for entry in PREFERRED:
        found = entry.suits(root)
        if found.suits:
            return Choice(entry, found.reason or reason)
        reason = reason or found.reason
    return Choice(PREFERRED[-1], reason)


def expected_engine(root: Path, environ: Mapping[str, str]) -> EngineEntry:
    """What `up` would most likely take, told by what is installed alone: nothing is asked that may not answer."""
    try:
        running = running_here(root)
    except CopiedState:  # a finding of doctor's, who asks this
        running = None
    return running or next(entry for entry in PREFERRED if entry.installed(environ))


def running_here(root: Path) -> EngineEntry | None:
    """The engine that runs on this machine itself, as far as asking costs nothing."""
    return next((entry for entry in ENGINES.values() if entry.exclusive and entry.runs(root)), None)
