"""Edits of dev/services.yaml as text, so that comments, quotes and blank lines stay as their author left them.

PyYAML says where each node stands; everything else in the file is copied. (ruamel.yaml keeps comments too, but lays long
flow lists and indentation out anew.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from devkit.base.errors import DevkitError, ExitCode
from devkit.scaffold.anchors import moved_anchors
from devkit.yaml_text.nodes import LOADER

__all__ = ["Mention", "Rows"]


@dataclass(frozen=True)
class Mention:
    """A place that names a service: its path in the table, and whether it is an item of a list, which can go
    without a replacement. `line` counts from 1."""

    path: tuple[str | int, ...]
    line: int
    listed: bool


@dataclass
class Rows:
    """The table's text, and where its rows are. Each edit returns the new text. Raises DevkitError (exit 2) for a layout
    that cannot be edited; the table must be a valid one."""

    text: str
    _root: yaml.MappingNode = field(init=False)

    def __post_init__(self) -> None:
        root = yaml.compose(self.text, Loader=LOADER)
        assert isinstance(root, yaml.MappingNode)
        self._root = root

    def add(self, name: str, row: Mapping[str, Any], after: str | None = None) -> str:
        """With a row behind that of the service `after`, or behind the last one, laid out as the others are."""
        services = self._services()
        column = services.start_mark.column
        first = services.value[0][1]
        step = first.start_mark.column - column if first.start_mark.column > column else 2
        lines = [" " * column + f"{name}:", *_block(row, column + step, step)]
        _, end = self._span(services, after or str(services.value[-1][0].value))
        before = self.text[:end].rstrip("\n")
        gap = "\n\n" if self._spaced(services) else "\n"
        return f"{before}{gap}" + "\n".join(lines) + "\n" + self.text[end:]

    def rename(self, old: str, new: str) -> str:
        """With another name for a service, wherever the table names it."""
        key, _ = self._row(old)
        edits = [key, *(self._node(mention.path) for mention in self.mentions(old))]
        return self._replaced([(node, new) for node in edits])

    def set_text(self, path: tuple[str | int, ...], value: str) -> str:
        """With another value of a plain text."""
        return self._replaced([(self._node(path), value)])

    def remove(self, name: str) -> str:
        """Without a service's row, the comment above it, and its name in `needs` and `calls`."""
        cuts = [self._whole_span(self._services(), name)]
        for mention in self.mentions(name):
            if mention.listed and mention.path[1] != name:
                cuts.append(self._item_span(mention.path))
        return self._without(cuts)

    def remove_secret(self, name: str) -> str:
        """Without a secret, and the comment above it."""
        secrets = next(value for key, value in self._root.value if key.value == "secrets")
        return self._without([self._whole_span(secrets, name)])

    def mentions(self, name: str) -> list[Mention]:
        """Every place outside its own key that names the service."""
        found: list[Mention] = []
        for path, node in _scalars(self._root, ()):
            if node.value == name and _names_a_service(path):
                found.append(Mention(path, node.start_mark.line + 1, listed=_in_a_list(path)))
        return found

    def has(self, path: tuple[str | int, ...]) -> bool:
        """Whether the file itself says something at this path."""
        try:
            self._node(path)
        except (StopIteration, IndexError):
            return False
        return True

    # Where things are ------------------------------------------------------------------------------

    def _services(self) -> yaml.MappingNode:
        services: yaml.Node = next(value for key, value in self._root.value if key.value == "services")
        if not isinstance(services, yaml.MappingNode) or services.flow_style:
            raise DevkitError(
                "the services of dev/services.yaml are written in braces, which this command cannot edit",
                fix="write each service on its own lines",
                exit_code=ExitCode.USAGE,
            )
        return services

    def _row(self, name: str) -> tuple[yaml.Node, yaml.Node]:
        return next((key, value) for key, value in self._services().value if key.value == name)

    def _node(self, path: tuple[str | int, ...]) -> yaml.Node:
        node: yaml.Node = self._root
        for step in path:
            if isinstance(node, yaml.MappingNode):
                node = next(value for key, value in node.value if key.value == step)
            else:
                node = node.value[step]
        return node

    def _span(self, mapping: yaml.MappingNode, name: str) -> tuple[int, int]:
        """The lines of a key and its value, up to the next key and the comment above that."""
        position = next(index for index, (key, _) in enumerate(mapping.value) if key.value == name)
        start = mapping.value[position][0].start_mark
        if position + 1 < len(mapping.value):
            end = self._line_start(mapping.value[position + 1][0].start_mark.index)
        elif mapping is self._root:
            end = len(self.text)
        else:
            parent = next(key.value for key, value in self._root.value if value is mapping)
            end = self._span(self._root, parent)[1]
        # Not by the value's own end: an alias has its anchor's, and a block ends where the next token is.
        while end > start.index:
            line = self.text[self._line_start(end - 1) : end]
            bare = line.strip()
            if bare and not (bare.startswith("#") and len(line) - len(line.lstrip()) <= start.column):
                break
            end -= len(line)
        return self._line_start(start.index), end

    def _whole_span(self, mapping: yaml.MappingNode, name: str) -> tuple[int, int]:
        """As `_span`, with the comment lines right above it and the blank line after it, or before where none is."""
        start, end = self._span(mapping, name)
        while start and self.text[self._line_start(start - 1) : start].strip().startswith("#"):
            start = self._line_start(start - 1)
        if self.text[end : end + 1] == "\n":
            return start, end + 1
        last = mapping.value[-1][0].value == name
        return (start - 1 if last and self._blank_before(start) else start), end

    def _spaced(self, services: yaml.MappingNode) -> bool:
        """Whether blank lines part the rows."""
        rest = [self._whole_span(services, str(key.value))[0] for key, _ in services.value[1:]]
        return not rest or any(
            self._blank_before(start) or self.text[start : start + 1] == "\n" for start in rest
        )

    def _blank_before(self, start: int) -> bool:
        return self.text[max(start - 2, 0) : start] == "\n\n"

    def _item_span(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """An item of a list with its comma, or with its line."""
        sequence, index = self._node(path[:-1]), int(path[-1])
        assert isinstance(sequence, yaml.SequenceNode)
        items = sequence.value
        if not sequence.flow_style:
            start = self._line_start(items[index].start_mark.index)
            return start, self._line_end(items[index].end_mark.index) + 1
        if index + 1 < len(items):
            return items[index].start_mark.index, items[index + 1].start_mark.index
        before = items[index - 1].end_mark.index if index else items[index].start_mark.index
        return before, items[index].end_mark.index

    def _line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end

    # Changes of the text ---------------------------------------------------------------------------

    def _replaced(self, edits: list[tuple[yaml.Node, str]]) -> str:
        text = self.text
        # What an alias stands for is one node at several paths.
        once = {node.start_mark.index: (node, value) for node, value in edits}
        for _, (node, value) in sorted(once.items(), reverse=True):
            old = text[node.start_mark.index : node.end_mark.index]
            quote = old[0] if old[:1] in "'\"" else ""
            text = text[: node.start_mark.index] + quote + value + quote + text[node.end_mark.index :]
        return text

    def _without(self, cuts: list[tuple[int, int]]) -> str:
        text = self.text
        edits = {(start, end, "") for start, end in cuts} | set(moved_anchors(text, cuts))
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def _in_a_list(path: tuple[str | int, ...]) -> bool:
    """Whether it is the name of a service in a list, out of which it can be taken."""
    match path:
        case ("services", _, "needs" | "calls", int()) | ("staging", "stores", int()):
            return True
    return False


def _names_a_service(path: tuple[str | int, ...]) -> bool:
    """Whether the text at this path of the table is the name of a service."""
    match path:
        case _ if _in_a_list(path):
            return True
        case ("staging", "routes", _, "service"):
            return True
        case ("services", _, "webhooks", _, "to") | ("services", _, "stand_in", "service"):
            return True
        case ("services", _, "env", _, "service" | "public") | ("config", _, "service" | "public"):
            return True
    return False


def _scalars(
    node: yaml.Node, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _scalars(value, (*path, index))
    else:
        yield path, node


def _block(values: Mapping[str, Any], column: int, step: int) -> Iterator[str]:
    """Keys with their values, each on one line; a mapping of mappings is opened once."""
    for key, value in values.items():
        if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
            yield " " * column + f"{key}:"
            yield from _block(value, column + step, step)
        else:
            yield " " * column + f"{key}: {_flow(value)}"


def _flow(value: object) -> str:
    """A value on one line, as the table's own rows have it."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False)
    return re.sub(r"\n(\.\.\.\n)?$", "", text)
