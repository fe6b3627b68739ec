"""Where in the file each key and value stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from devkit.findings.model import Finding, Place, Severity

__all__ = ["Data", "Path", "SourceMap", "error"]

Data: TypeAlias = "dict[str, Data] | list[Data] | str | int | float | bool | None"
Path: TypeAlias = "tuple[str | int, ...]"


def error(name: str, message: str, place: Place, fix: str | None = None) -> Finding:
    """A finding that keeps the table from being used; its id is `table.<name>`."""
    return Finding(
        f"table.{name}", Severity.ERROR, _printable(message), place, _printable(fix) if fix else None
    )


def _printable(text: str) -> str:
    """What the file's author wrote must not steer the reader's terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass
class SourceMap:
    """Where each path's key and value stand in the file."""

    file: str
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)

    def key(self, *path: str | int) -> Place:
        """The place of a path's key, or of the nearest thing around it."""
        return self._nearest(self.keys, path)

    def value(self, *path: str | int) -> Place:
        """The place of a path's value, or of the nearest thing around it."""
        return self.values[path] if path in self.values else self.key(*path)

    def _nearest(self, places: dict[Path, Place], path: Path) -> Place:
        while path:
            if path in places:
                return places[path]
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return self.values.get((), Place(self.file))
