"""What a source of readings can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from devkit.resources.model import Reading

__all__ = ["Look", "Source"]


@dataclass(frozen=True)
class Look:
    """One look at everything. `absent` are services of the table that are not there, and why."""

    readings: tuple[Reading, ...]
    absent: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """`name` is how reports call it; `period` is how often it has news, `deadline` how long a look may take (seconds)."""

    name: str
    period: float
    deadline: float

    def look(self) -> Look:
        """Reads all counters once. Raises DevkitError when nothing can be read at all."""
