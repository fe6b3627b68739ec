"""YAML text → values with places, by the rules of Compose's YAML reader: merge keys, aliases, `!reset` and `!override`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from devkit.compose.model import Node, Origin, Path, fail
from devkit.compose.resets import MAX_VALUES, MERGE, find_resets, refuse_size
from devkit.compose.scalars import Timestamp, resolve
from devkit.findings.model import Place
from devkit.yaml_text.nodes import LOADER, place_of

__all__ = ["Document", "read_documents"]

_PREFIX = "tag:yaml.org,2002:"
_RESOLVER = yaml.resolver.Resolver()


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
    resets = find_resets(root, file)
    return Document(_Reader(file).build(root), resets)


@dataclass
class _Reader:
    file: str
    taken: set[int] = field(default_factory=set)
    count: int = 0

    def place(self, node: yaml.Node) -> Place:
        return place_of(node, self.file)

    def build(self, node: yaml.Node) -> Node:
        """The node's value. What an alias stands for is built again, and found where the anchor is."""
        self.count += 1
        if self.count > MAX_VALUES:
            refuse_size(node, self.file)
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
    return isinstance(key, yaml.ScalarNode) and key.value == MERGE and not key.style
