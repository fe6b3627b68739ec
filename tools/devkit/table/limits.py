"""What a table may cost: depth, number of values, and values written out through aliases."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from devkit.findings.model import Finding, Place
from devkit.table.source_map import error

__all__ = ["LOADER", "alias_places", "expanded", "measure", "place_of"]

MAX_DEPTH = 40
MAX_NODES = 20_000
LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def place_of(part: yaml.Event | yaml.Node, file: str) -> Place:
    """Where a part of the text begins; lines and columns count from 1."""
    mark = part.start_mark
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def measure(text: str, file: str) -> Finding | None:
    """Refuse what would cost too much to compose. Events come one by one, so this never recurses."""
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=LOADER):
        place = place_of(event, file)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                fix = "keep one table a file: delete this `---` and what follows, or what precedes it"
                return error("several-documents", "a second YAML document begins here", place, fix)
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return error("too-deep", f"is nested more than {MAX_DEPTH} levels deep", place)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if nodes > MAX_NODES:
            return error("too-many-values", f"has more than {MAX_NODES:,} values", place)
    return None


def expanded(root: yaml.Node, file: str) -> Finding | None:
    """Count values as if every alias were written out, and find aliases that contain themselves."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in open_nodes:
            raise _Refused(error("alias-loop", "contains itself through an alias", place_of(node, file)))
        if id(node) not in sizes:
            open_nodes.add(id(node))
            total = 1 + sum(size(child) for child in _children(node))
            open_nodes.discard(id(node))
            if total > MAX_NODES:
                message = f"its aliases write out to more than {MAX_NODES:,} values"
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
