"""Walking a JSON tree, and reckoning with amounts in it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

__all__ = ["Path", "objects", "same", "shown", "total", "values"]

Path = tuple[str | int, ...]


def values(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a tree, objects and lists too, with its path."""
    yield path, tree
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield from values(value, (*path, key))


def shown(path: Path) -> str:
    """A path, for people."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path) or "."


def objects(payload: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every JSON object of a tree, with its path."""
    return ((path, value) for path, value in values(payload) if isinstance(value, dict))


def total(amounts: Iterator[str]) -> Decimal:
    """The sum of amounts."""
    return sum(map(Decimal, amounts), Decimal(0))


def same(what: str, told: str, reckoned: Decimal) -> Iterator[str]:
    """Says so when an amount is another than it should be."""
    if Decimal(told) != reckoned:
        yield f"{what}: {told}, but it comes to {reckoned}"
