"""What devkit wants in an editor's file, and how ours are told from people's there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from devkit.render.editor.jsonc import Json

__all__ = ["MARK", "ByComment", "ByName", "Collection", "EditorFile", "Entry", "Marks"]

# Whatever says of itself that it is devkit's ends so.
MARK = "(devkit)"


@dataclass(frozen=True)
class ByName:
    """Entries of a list that are mappings. `field` says which one it is and begins with `prefix`; ours end with the mark in
    `sign`."""

    field: str
    sign: str
    prefix: str = ""


@dataclass(frozen=True)
class ByComment:
    """Values that can carry no mark: a comment with their hash stands before ours, so one that people changed is theirs."""


Marks: TypeAlias = ByName | ByComment


@dataclass(frozen=True)
class Entry:
    """One thing that is wanted. `name` is unique in its collection; for a key of a mapping it is the key."""

    name: str
    value: Json


@dataclass(frozen=True)
class Collection:
    """Where entries lie: the list under `key`, or the file's own mapping when `key` is None.

    `unless` names another list: what people have put there is not wanted.
    """

    key: str | None
    marks: Marks
    wanted: tuple[Entry, ...]
    unless: str | None = None


@dataclass(frozen=True)
class EditorFile:
    """A file below the clone's root. `tail` is what a new one ends with."""

    path: str
    collections: tuple[Collection, ...]
    tail: tuple[Entry, ...] = ()
