"""Paths that stand for many: `services.*.ports` is the ports of any service, `[]` an item of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from devkit.compose.model import Path

__all__ = ["ITEM", "Patterns", "dotted"]

ITEM = "[]"
T = TypeVar("T")


def dotted(path: Path) -> str:
    """The path as it is shown to people."""
    return ".".join(path).replace(f".{ITEM}", ITEM)


class Patterns(dict[tuple[str, ...], T]):
    """Patterns → what belongs to them. A pattern `*` matches any one step."""

    @classmethod
    def of(cls, table: Mapping[str, T]) -> Patterns[T]:
        return cls({tuple(pattern.split(".")): value for pattern, value in table.items()})

    def match(self, path: Path) -> T | None:
        """What belongs to the first pattern that the path matches, None where none does."""
        for pattern in self._candidates().get((len(path), path[0] if path else ""), ()):
            if all(want in ("*", step) for want, step in zip(pattern, path, strict=True)):
                return self[pattern]
        return None

    def _candidates(self) -> dict[tuple[int, str], list[tuple[str, ...]]]:
        found: dict[tuple[int, str], list[tuple[str, ...]]] | None = getattr(self, "_by_start", None)
        if found is None:
            found = {}
            for pattern in self:
                found.setdefault((len(pattern), pattern[0]), []).append(pattern)
            self._by_start = found
        return found
