"""What a table may cost: depth, number of values, and values written out through aliases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from devkit.findings.model import Finding, Place
from devkit.table.source_map import error
from devkit.yaml_text.nodes import LOADER, place_of

__all__ = ["Size", "alias_places", "expanded", "measure"]

MAX_DEPTH = 40
# A service takes about 50; ten thousand of them are half a million.
MAX_NODES = 1_000_000
# Aliases may write a small file out to this much; a larger one to this many times its own values.
MAX_EXPANDED, MAX_GROWTH = 20_000, 20


@dataclass(frozen=True)
class Size:
    """How many values a text has, and how many of them are aliases."""

    values: int
    aliases: int


def measure(text: str, file: str) -> Size | Finding:
    """Refuse what would cost too much to compose. Events come one by one, so this never recurses."""
    depth = nodes = documents = aliases = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            if nodes > MAX_NODES:
                return error("too-many-values", f"has more than {MAX_NODES:,} values", place_of(event, file))
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    message = f"is nested more than {MAX_DEPTH} levels deep"
                    return error("too-deep", message, place_of(event, file))
            aliases += isinstance(event, yaml.AliasEvent)
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                fix = "keep one table a file: delete this `---` and what follows, or what precedes it"
                message = "a second YAML document begins here"
                return error("several-documents", message, place_of(event, file), fix)
    return Size(nodes, aliases)


def expanded(root: yaml.Node, written: int, file: str) -> Finding | None:
    """Count values as if every alias were written out, and find aliases that contain themselves. `written` is how many
    the text has."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    limit = max(MAX_EXPANDED, MAX_GROWTH * written)

    def size(node: yaml.Node) -> int:
        if id(node) in open_nodes:
            raise _Refused(error("alias-loop", "contains itself through an alias", place_of(node, file)))
        if id(node) not in sizes:
            open_nodes.add(id(node))
            total = 1 + sum(size(child) for child in _children(node))
            open_nodes.discard(id(node))
            if total > limit:
                message = f"its aliases write out to more than {limit:,} values"
                raise _Refused(
                    error("alias-bomb", message, place_of(node, file), "write the values out, once")
                )
            sizes[id(node)] = total
        return sizes[id(node)]

    try:
        size(root)
    except _Refused as refused:
        return refused.finding
    return None


def alias_places(root: yaml.Node, text: str, file: str) -> dict[tuple[int, int], Place]:
    """Where each alias stands, by the collection that holds it and the index in its children.

    The composed tree has the anchor's node wherever an alias stood. Walked in the order of the text, each
    node that comes again is the next alias.
    """
    events = yaml.parse(text, Loader=LOADER)
    marks = iter([place_of(event, file) for event in events if isinstance(event, yaml.AliasEvent)])
    seen = {id(root)}
    places: dict[tuple[int, int], Place] = {}

    def walk(node: yaml.Node) -> None:
        for index, child in enumerate(_children(node)):
            if id(child) in seen:
                places[id(node), index] = next(marks)
                continue
            seen.add(id(child))
            walk(child)

    walk(root)
    return places


class _Refused(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
