"""What makes a stored payload new: ids and tokens that follow from the seed, and times that end now."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from devkit.webhooks.provider import GenerationContext

__all__ = ["Renewal", "objects", "rewrite", "shift_times"]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
# Ids long enough to be told from other numbers, wherever they stand in a text.
_LONG_ID = re.compile(r"\d{16,}")


class Renewal:
    """New ids for the old ones. What is new follows from the seed and the old id alone: an order that several payloads name
    is the same order in all of them when the seed is the same."""

    def __init__(self, moment: GenerationContext) -> None:
        self._base = moment.random.getrandbits(64)

    def number(self, old: object, first: int, last: int) -> int:
        """A number from `first` to `last`."""
        return self._random(old).randint(first, last)

    def uuid(self, old: str) -> UUID:
        """One of version 4."""
        return UUID(int=self._random(old).getrandbits(128), version=4)

    def digits(self, old: str, characters: str = "0123456789abcdef") -> str:
        """As many characters as `old` has."""
        return "".join(self._random(old).choices(characters, k=len(old)))

    def _random(self, old: object) -> Random:
        return Random(f"{self._base}/{old}")


def objects(tree: object, without: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Every JSON object of a tree, the outer ones first; none below a key of `without`."""
    if isinstance(tree, dict):
        yield tree
        for key, value in tree.items():
            if key not in without:
                yield from objects(value, without)
    elif isinstance(tree, list):
        for value in tree:
            yield from objects(value, without)


def rewrite(tree: Any, ids: Mapping[int, int], tokens: Mapping[str, str]) -> Any:
    """The tree with new ids and tokens, also where they stand within a text."""

    patterns = [(_whole_word(old), new) for old, new in tokens.items()]

    def text(value: str) -> str:
        for pattern, new in patterns:
            value = pattern.sub(new, value)
        return _LONG_ID.sub(lambda found: str(ids.get(int(found[0]), found[0])), value)

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        if isinstance(value, str):
            return text(value)
        return ids.get(value, value) if type(value) is int else value

    return walk(tree)


def _whole_word(text: str) -> re.Pattern[str]:
    start = r"(?<!\w)" if re.match(r"\w", text) else ""
    return re.compile(rf"{start}{re.escape(text)}(?!\w)")


def shift_times(tree: Any, now: datetime, without: Collection[str] = ()) -> Any:
    """The tree with its times moved so that the latest is `now` (UTC) and the distances stay; nothing below a key of
    `without` moves."""
    times = [
        time
        for item in objects(tree, without)
        for key, value in item.items()
        if key not in without and isinstance(value, str) and (time := _parse(value))
    ]
    if not times:
        return tree
    by = now.replace(microsecond=0) - max(times)
    return _map_texts(tree, lambda value: _moved(value, by), without)


def _map_texts(tree: Any, change: Callable[[str], str], without: Collection[str]) -> Any:
    if isinstance(tree, dict):
        return {
            key: value if key in without else _map_texts(value, change, without)
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        return [_map_texts(value, change, without) for value in tree]
    return change(tree) if isinstance(tree, str) else tree


def _parse(value: str) -> datetime | None:
    """The time that a text is, UTC where it does not say; None for a text that is none."""
    if not _TIME.fullmatch(value):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _moved(value: str, by: timedelta) -> str:
    if _parse(value) is None:
        return value
    try:
        moved = (datetime.fromisoformat(value) + by).isoformat()
    except OverflowError:
        return value
    return moved.replace("+00:00", "Z") if value.endswith("Z") else moved
