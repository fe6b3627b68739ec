"""YAML text → values with places, by the rules of Compose's YAML reader: merge keys, aliases, `!reset` and `!override`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from devkit.compose.model import Node, Origin, Path, fail
from devkit.compose.scalars import Timestamp, resolve
from devkit.findings.model import Place
from devkit.yaml_text.nodes import LOADER, place_of

__all__ = ["Document", "read_documents"]

_PREFIX = "tag:yaml.org,2002:"
_RESOLVER = yaml.resolver.Resolver()
_MERGE = "<<"
_MAX_VALUES = 200_000


@dataclass
class Document:
    """One YAML document. `resets` are the paths that `!reset` and `!override` take out of what came before."""

    root: Node
    resets: list[Path] = field(default_factory=list)


def read_documents(text: str, file: str) -> Iterator[Document]:
    """The documents of a text, in order. Raises ComposeError for what is not YAML, or no YAML that Compose takes."""
    loader = LOADER(text)
    try:
        while loader.check_node():
            root = loader.get_node()
            assert root is not None
            yield _document(root, file)
    finally:
        loader.dispose()


def _document(root: yaml.Node, file: str) -> Document:
    reader = _Reader(file)
    reader.take_out(root, ())
    return Document(reader.build(root), reader.resets)


@dataclass
class _Reader:
    file: str
    resets: list[Path] = field(default_factory=list)
    seen: dict[int, list[Path]] = field(default_factory=dict)
    once: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    visits: int = 0

    def place(self, node: yaml.Node) -> Place:
        return place_of(node, self.file)

    def take_out(self, node: yaml.Node, path: Path) -> bool:
        """Notes the paths of `!reset` and `!override` below a node and takes out what is reset. False: the node itself is."""
        inner = [index for index, name in enumerate(path) if name == _MERGE and index]
        if inner:
            path = path[: inner[0]] + path[inner[0] + 1 :]
        self.visits += 1
        if self.visits > _MAX_VALUES:
            message = f"has more than {_MAX_VALUES:,} values, with its aliases written out"
            fail("too-many-values", message, self.place(node))
        if id(node) in self.once:
            self._refuse_loop(node, path)
        self.once.add(id(node))
        if node.tag == "!reset":
            self.resets.append(path)
            return False
        if node.tag == "!override":
            self.resets.append(path)
            return True
        if isinstance(node, yaml.SequenceNode):
            kept = [
                child for index, child in enumerate(node.value) if self.take_out(child, (*path, str(index)))
            ]
            node.value[:] = kept
        elif isinstance(node, yaml.MappingNode):
            self._refuse_doubles(node)
            pairs = [
                (key, child) for key, child in node.value if self.take_out(child, (*path, str(key.value)))
            ]
            node.value[:] = pairs
        return True

    def _refuse_loop(self, node: yaml.Node, path: Path) -> None:
        """Compose takes one anchor at two places for a loop, where one of them lies in the other."""
        for before in self.seen.setdefault(id(node), []):
            shorter, longer = sorted((before, path), key=len)
            if before == path or longer[: len(shorter)] != shorter or _different_services(before, path):
                continue
            fail(
                "alias-loop",
                f"this anchor is used both at {'.'.join(before)} and below it, which Compose takes for a loop",
                self.place(node),
                "write the value out at one of the two",
            )
        self.seen[id(node)].append(path)

    def _refuse_doubles(self, node: yaml.MappingNode) -> None:
        places: dict[str, Place] = {}
        for key, _ in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in places:
                message = f"`{name}` is given twice, here and in line {places[name].line}"
                fix = "write `<<: [*one, *other]`" if name == _MERGE else "keep one of the two"
                fail("duplicate-key", message, self.place(key), fix)
            places[name] = self.place(key)

    def build(self, node: yaml.Node) -> Node:
        if id(node) in self.taken:
            fail("alias-loop", "contains itself through an alias", self.place(node))
        if isinstance(node, yaml.ScalarNode):
            return Node(self._scalar(node), Origin(self.place(node), text=str(node.value)))
        self.taken.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return Node([self.build(child) for child in node.value], Origin(self.place(node)))
            assert isinstance(node, yaml.MappingNode)
            return Node(self._mapping(node), Origin(self.place(node)))
        finally:
            self.taken.discard(id(node))

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Node]:
        result: dict[str, Node] = {}
        merged: yaml.Node | None = None
        for key, child in node.value:
            if _is_merge(key):
                merged = child
                continue
            name = self._scalar(key) if isinstance(key, yaml.ScalarNode) else None
            if not isinstance(name, str) or isinstance(name, Timestamp):
                what = f"`{key.value}`" if isinstance(key, yaml.ScalarNode) else "a list or a mapping"
                fail("key-not-text", f"a key is text, not {what}", self.place(key), "quote it")
            result[name] = built = self.build(child)
            built.key = self.place(key)
        for source in self._sources(merged):
            for name, child in self._mapping(source).items():
                result.setdefault(name, child)
        return result

    def _sources(self, node: yaml.Node | None) -> list[yaml.MappingNode]:
        if node is None:
            return []
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for child in nodes:
            if not isinstance(child, yaml.MappingNode):
                fail("bad-merge", "`<<` takes a mapping, or a list of mappings", self.place(child))
        return list(nodes)

    def _scalar(self, node: yaml.ScalarNode) -> str | int | float | bool | None:
        text = str(node.value)
        if node.style:
            return text
        tag = str(node.tag)
        if not tag.startswith(_PREFIX):
            return text
        if tag == _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)):  # type: ignore[no-untyped-call]
            return resolve(text)
        kind = tag.removeprefix(_PREFIX)
        value = resolve(text)
        if kind == "str":
            return text
        if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        fits = {"int": int, "float": float, "bool": bool, "null": type(None), "timestamp": Timestamp}.get(
            kind
        )
        if fits is None or not isinstance(value, fits):
            fail("tag", f"`{text}` is no {kind}", self.place(node), "delete the tag")
        return value


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == _MERGE and not key.style


def _different_services(one: Path, other: Path) -> bool:
    for index in range(min(len(one), len(other)) - 1):
        if one[index] == other[index] == "services":
            return one[index + 1] != other[index + 1]
    return False
