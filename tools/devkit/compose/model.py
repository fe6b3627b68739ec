"""Values of a Compose project, each with the place it came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import NoReturn, TypeAlias

from devkit.compose.scalars import Timestamp
from devkit.findings.model import Finding, Place, Severity

__all__ = [
    "ComposeError",
    "Node",
    "Origin",
    "Path",
    "Plain",
    "Variable",
    "derived",
    "fail",
    "problem",
    "shown",
    "split_path",
]

Scalar: TypeAlias = "str | int | float | bool | None"
Plain: TypeAlias = "dict[str, Plain] | list[Plain] | Scalar"
Path: TypeAlias = "tuple[str, ...]"


class Source(Enum):
    """Who gave a variable its value."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"
    UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a value was made with. `value` is None where it is unset; `place` is its line in an env file, `text` what
    is written there behind the name."""

    name: str
    value: str | None = None
    source: Source = Source.UNSET
    place: Place | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from.

    `text` is a scalar as written, before interpolation; None for lists and mappings, and for what Compose adds itself
    (then `note` says what that is, and `place` is the nearest thing that was written). `via` are the `extends` and
    `include` entries that led there, the last one first.
    """

    place: Place
    text: str | None = None
    variables: tuple[Variable, ...] = ()
    via: tuple[Place, ...] = ()
    note: str = ""


@dataclass(slots=True)
class Node:
    """A value. `key` is the place of its key, where it is one of a mapping."""

    value: dict[str, Node] | list[Node] | Scalar
    origin: Origin
    key: Place | None = None

    @property
    def place(self) -> Place:
        return self.origin.place

    @property
    def at_key(self) -> Place:
        """The place of its key, or its own where it has none."""
        return self.key or self.origin.place

    @property
    def mapping(self) -> dict[str, Node]:
        """Its entries. Raises ComposeError when it is no mapping."""
        if not isinstance(self.value, dict):
            fail("type", f"is {shown(self)} where a mapping belongs", self.place)
        return self.value

    @property
    def items(self) -> list[Node]:
        """Its items. Raises ComposeError when it is no list."""
        if not isinstance(self.value, list):
            fail("type", f"is {shown(self)} where a list belongs", self.place)
        return self.value

    @property
    def text(self) -> str:
        """Its text. Raises ComposeError when it is no text."""
        if not isinstance(self.value, str):
            fail("type", f"is {shown(self)} where text belongs", self.place, "quote it")
        return self.value

    def get(self, *path: str) -> Node | None:
        """What lies below it, None where nothing does."""
        node: Node | None = self
        for name in path:
            if node is None or not isinstance(node.value, dict):
                return None
            node = node.value.get(name)
        return node

    def plain(self) -> Plain:
        """Its data without places."""
        if isinstance(self.value, dict):
            return {name: child.plain() for name, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def copy(self, via: Place | None = None) -> Node:
        """A copy that shares nothing; with `via` its origins say that it came through there."""
        origin = replace(self.origin, via=(via, *self.origin.via)) if via else self.origin
        value = self.value
        if isinstance(value, dict):
            value = {name: child.copy(via) for name, child in value.items()}
        elif isinstance(value, list):
            value = [child.copy(via) for child in value]
        return Node(value, origin, self.key)

    def at(self, path: Iterable[str]) -> Node | None:
        """What lies at a path of names and, for lists, numbers; None where nothing does. A name with dots may be given as
        several steps."""
        steps = tuple(path)
        if not steps:
            return self
        if isinstance(self.value, list) and steps[0].isdigit() and int(steps[0]) < len(self.value):
            return self.value[int(steps[0])].at(steps[1:])
        if isinstance(self.value, dict):
            for length in range(1, len(steps) + 1):
                child = self.value.get(".".join(steps[:length]))
                found = child.at(steps[length:]) if child is not None else None
                if found is not None:
                    return found
        return None

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Itself and all below it."""
        yield path, self
        if isinstance(self.value, dict):
            for name, child in self.value.items():
                yield from child.walk((*path, name))
        elif isinstance(self.value, list):
            for index, child in enumerate(self.value):
                yield from child.walk((*path, str(index)))


def derived(value: dict[str, Node] | list[Node] | Scalar, source: Node, note: str = "") -> Node:
    """A value made from another one, at whose place it is."""
    origin = replace(source.origin, note=note) if note else source.origin
    if isinstance(value, (dict, list)) and not note:
        origin = replace(origin, text=None, variables=())
    return Node(value, origin, source.key)


class ComposeError(Exception):
    """Compose would refuse the project; `findings` say why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.message for finding in self.findings))


def problem(
    name: str, message: str, place: Place, fix: str | None = None, severity: Severity = Severity.ERROR
) -> Finding:
    """A finding about a Compose file; its id is `compose.<name>`."""
    return Finding(f"compose.{name}", severity, _printable(message), place, _printable(fix) if fix else None)


def fail(name: str, message: str, place: Place, fix: str | None = None) -> NoReturn:
    """Raises ComposeError with one finding."""
    raise ComposeError([problem(name, message, place, fix)])


def shown(node: Node) -> str:
    """What kind of value it is, for a message."""
    match node.value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return "true" if node.value else "false"
        case None:
            return "empty"
        case Timestamp():
            return "a date to YAML"
        case str():
            return "text"
        case _:
            return "a number"


def _printable(text: str) -> str:
    """What the file's author wrote must not steer the reader's terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def split_path(path: str) -> tuple[str, ...]:
    """`a.b[c.d].0` → a, b, c.d, 0."""
    return tuple(inner or plain for inner, plain in re.findall(r"\[([^\]]*)\]|([^.\[\]]+)", path))
