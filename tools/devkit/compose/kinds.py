"""What a field may hold, and what Compose makes of it: the words in which `fields` and `resources` describe them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from devkit.compose.model import Node, Path, derived, problem, shown
from devkit.compose.patterns import dotted
from devkit.compose.scalars import Timestamp
from devkit.findings.model import Finding
from devkit.table.words import closest

__all__ = ["Either", "Fields", "Items", "Kind", "Leaf", "Names", "Write", "type_of"]

Write = Callable[[Node], "Node | None"]
_WORDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "null": "nothing",
    "object": "a mapping", "array": "a list",
}  # fmt: skip
NAME = "[a-zA-Z0-9._-]+"


def type_of(node: Node) -> str:
    """Its type in the words of JSON's schemas."""
    match node.value:
        case dict():
            return "object"
        case list():
            return "array"
        case bool():
            return "boolean"
        case None:
            return "null"
        case Timestamp():
            return "date"
        case str():
            return "string"
        case int():
            return "integer"
        case _:
            return "integer" if node.value.is_integer() else "number"


class Kind(Protocol):
    """What a field may hold."""

    @property
    def types(self) -> Collection[str]:
        """The types that it takes."""

    def check(self, node: Node, path: Path, found: list[Finding]) -> None:
        """Adds what is wrong with a value."""

    def write(self, node: Node) -> Node | None:
        """The value as `docker compose config` prints it; None: it is left out. Raises ComposeError."""


def _takes(kind: Kind, node: Node) -> bool:
    actual = type_of(node)
    return actual in kind.types or (actual == "integer" and "number" in kind.types)


def _refuse(node: Node, path: Path, kinds: Collection[str], found: list[Finding]) -> None:
    words = [_WORDS[name] for name in kinds]
    wanted = " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    fix = None
    if type_of(node) == "date":
        fix = f'write "{node.value}" for the text'
    elif "string" in kinds and not isinstance(node.value, (dict, list)) and node.value is not None:
        fix = f'write "{node.origin.text}" for the text' if node.origin.text else None
    elif node.value is None:
        fix = "give it a value, or delete the line"
    message = f"{dotted(path)} is {shown(node)}; it takes {wanted}"
    found.append(problem("type", message, node.place, fix))


@dataclass(frozen=True)
class Leaf:
    """A text, a number, a switch."""

    types: tuple[str, ...]
    write: Write
    pattern: str | None = None
    words: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    def check(self, node: Node, path: Path, found: list[Finding]) -> None:
        value = node.value
        if not _takes(self, node):
            _refuse(node, path, self.types, found)
        elif isinstance(value, str):
            if self.words and value not in self.words:
                message = f"{dotted(path)} is `{value}`; it takes {', '.join(self.words)}"
                found.append(problem("unknown-value", message, node.place))
            elif self.pattern and not re.search(self.pattern, value):
                found.append(problem("bad-value", f"{dotted(path)} cannot be `{value}`", node.place))
        elif isinstance(value, (int, float)) and self._is_out(value):
            limits = f"at least {self.least}" if self.most is None else f"from {self.least} to {self.most}"
            found.append(problem("out-of-range", f"{dotted(path)} is {value}; it is {limits}", node.place))

    def _is_out(self, value: float) -> bool:
        return (self.least is not None and value < self.least) or (
            self.most is not None and value > self.most
        )


@dataclass(frozen=True)
class Items:
    """A list."""

    item: Kind
    unique: bool = False
    writes: Write | None = None
    types: tuple[str, ...] = ("array",)

    def check(self, node: Node, path: Path, found: list[Finding]) -> None:
        if not isinstance(node.value, list):
            _refuse(node, path, self.types, found)
            return
        seen: dict[str, Node] = {}
        for index, item in enumerate(node.value):
            self.item.check(item, (*path, str(index)), found)
            content = _identity(item)
            if self.unique and content in seen:
                message = (
                    f"{dotted(path)} has the same item twice, here and in line {seen[content].place.line}"
                )
                found.append(problem("duplicate-item", message, item.place, "keep one of the two"))
            seen.setdefault(content, item)

    def write(self, node: Node) -> Node | None:
        if self.writes is not None:
            return self.writes(node)
        written = [self.item.write(item) or derived(None, item) for item in node.items]
        return derived(written, node) if written else None


def _identity(node: Node) -> str:
    match node.value:
        case dict():
            return (
                "{" + ",".join(f"{name!r}:{_identity(node.value[name])}" for name in sorted(node.value)) + "}"
            )
        case list():
            return "[" + ",".join(_identity(item) for item in node.value) + "]"
        case float() if node.value.is_integer():
            return repr(int(node.value))
        case _:
            return repr(node.value)


@dataclass(frozen=True)
class Names:
    """A mapping whose keys the file's author chose. `closed`: only names that the pattern matches."""

    item: Kind
    pattern: str = f"^{NAME}$"
    closed: bool = False
    writes: Write | None = None
    keep_empty: bool = False
    types: tuple[str, ...] = ("object",)

    def check(self, node: Node, path: Path, found: list[Finding]) -> None:
        if not isinstance(node.value, dict):
            _refuse(node, path, self.types, found)
            return
        for name, child in node.value.items():
            if re.search(self.pattern, name):
                self.item.check(child, (*path, name), found)
            elif self.closed:
                message = f"`{name}` cannot be a name in {dotted(path)}"
                fix = "use letters, digits, `.`, `_` and `-`"
                found.append(problem("bad-name", message, child.at_key, fix))

    def write(self, node: Node) -> Node | None:
        if self.writes is not None:
            return self.writes(node)
        written = {
            name: self.item.write(child) or derived(None, child)
            for name, child in sorted(node.mapping.items())
        }
        return derived(written, node) if written else None


@dataclass(frozen=True)
class Fields:
    """A mapping with keys that Compose knows, in the order in which it prints them."""

    known: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    extensions: bool = True  # whether `x-…` may stand beside them
    open: bool = False  # whether anything may
    always: Mapping[str, Kind] = field(default_factory=dict)  # printed also where they are not given
    hidden: tuple[str, ...] = ()  # never printed
    names: Mapping[str, str] = field(default_factory=dict)  # printed under another name
    types: tuple[str, ...] = ("object",)

    def check(self, node: Node, path: Path, found: list[Finding]) -> None:
        if type_of(node) not in self.types:
            _refuse(node, path, self.types, found)
            return
        if not isinstance(node.value, dict):
            return
        for name, child in node.value.items():
            if name in self.known:
                self.known[name].check(child, (*path, name), found)
            elif not self.open and not (self.extensions and name.startswith("x-")):
                where = dotted(path) or "a Compose file"
                near = closest(name, self.known)
                fix = f"did you mean `{near}`?" if near else "delete it, or begin its name with x-"
                found.append(problem("unknown-key", f"`{name}` is no key of {where}", child.at_key, fix))
        for name in self.required:
            if name not in node.value:
                message = f"{dotted(path)} has no `{name}`"
                found.append(problem("missing-key", message, node.place, f"add `{name}: …`"))

    def write(self, node: Node) -> Node | None:
        if node.value is None:
            return None
        written: dict[str, Node] = {}
        for name, kind in self.known.items():
            child = node.mapping.get(name)
            if name in self.hidden:
                continue
            result = None
            if child is not None and child.value is not None:
                result = kind.write(child)
            if result is None and name in self.always:
                result = self.always[name].write(derived({}, child or node, "left out, so empty"))
            if result is not None:
                written[self.names.get(name, name)] = result
        return derived(written, node)


@dataclass(frozen=True)
class Either:
    """One of several kinds, told by the value's type."""

    kinds: tuple[Kind, ...]
    writes: Write | None = None

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(name for kind in self.kinds for name in kind.types)

    def _fitting(self, node: Node) -> Kind | None:
        return next((kind for kind in self.kinds if _takes(kind, node)), None)

    def check(self, node: Node, path: Path, found: list[Finding]) -> None:
        kind = self._fitting(node)
        if kind is None:
            _refuse(node, path, self.types, found)
        else:
            kind.check(node, path, found)

    def write(self, node: Node) -> Node | None:
        if self.writes is not None:
            return self.writes(node)
        kind = self._fitting(node) or self.kinds[-1]
        return kind.write(node)
