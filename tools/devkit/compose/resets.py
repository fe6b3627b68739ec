"""`!reset` and `!override`: what they take out of the files before, found in YAML's nodes as Compose finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from devkit.compose.model import Node, Path, fail
from devkit.findings.model import Place
from devkit.yaml_text.nodes import place_of

__all__ = ["MAX_VALUES", "MERGE", "find_resets", "refuse_size", "take_out"]

MERGE = "<<"
MAX_VALUES = 200_000


def find_resets(root: yaml.Node, file: str) -> list[Path]:
    """The paths of `!reset` and `!override`; what is reset is taken out of the nodes.

    Raises ComposeError for a key that is given twice, and for an anchor that Compose takes for a loop.
    """
    walk = _Walk(file)
    walk.find_aliases(root)
    walk.visit(root, (), alias=False)
    return walk.resets


def refuse_size(node: yaml.Node, file: str) -> NoReturn:
    """Raises ComposeError: aliases can make a short file a huge one."""
    message = f"has more than {MAX_VALUES:,} values, with its aliases written out"
    fail("too-many-values", message, place_of(node, file), "write the values out, once")


def take_out(node: Node, resets: Sequence[Path], path: Path = ()) -> None:
    """Takes what was reset out of a tree, in place."""
    if not resets or not isinstance(node.value, dict):
        return
    for name, child in list(node.value.items()):
        if (*path, name) in resets:
            del node.value[name]
        else:
            take_out(child, resets, (*path, name))


@dataclass
class _Walk:
    file: str
    resets: list[Path] = field(default_factory=list)
    aliases: set[tuple[int, int]] = field(default_factory=set)  # a collection, and the number of its child
    known: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)
    used: dict[int, list[Path]] = field(default_factory=dict)
    visits: int = 0

    def find_aliases(self, node: yaml.Node) -> None:
        """The composed tree has the anchor's node wherever an alias stood: a node that comes again is one."""
        self.known.add(id(node))
        for index, (_, child) in enumerate(_children(node)):
            if id(child) in self.known:
                self.aliases.add((id(node), index))
            else:
                self.find_aliases(child)

    def visit(self, node: yaml.Node, path: Path, *, alias: bool) -> bool:
        """False: the node itself is reset."""
        merged = next((index for index, name in enumerate(path) if name == MERGE and index), None)
        if merged is not None:
            path = path[:merged] + path[merged + 1 :]
        self.visits += 1
        if self.visits > MAX_VALUES:
            refuse_size(node, self.file)
        if alias:
            self._refuse_loop(node, path)
        if node.tag in ("!reset", "!override"):
            self.resets.append(path)
            return bool(node.tag == "!override")
        if isinstance(node, yaml.MappingNode):
            self._refuse_doubles(node)
        # Once Compose has been through a collection, it has no aliases any more, but what they stand for.
        first = id(node) not in self.done
        gone = {
            index
            for index, (step, child) in enumerate(_children(node))
            if not self.visit(child, (*path, step), alias=first and (id(node), index) in self.aliases)
        }
        if gone:
            node.value[:] = [child for index, child in enumerate(node.value) if index not in gone]
        self.done.add(id(node))
        return True

    def _refuse_loop(self, node: yaml.Node, path: Path) -> None:
        """Compose takes one anchor at two places for a loop, where one of them lies in the other."""
        for before in self.used.setdefault(id(node), []):
            shorter, longer = sorted((before, path), key=len)
            if before == path or longer[: len(shorter)] != shorter or MERGE in before + path:
                continue
            if _in_different_services(before, path):
                continue
            where = ".".join(before)
            message = f"this anchor is used both at {where} and below it, which Compose takes for a loop"
            fix = "write the value out at one of the two"
            fail("alias-loop", message, place_of(node, self.file), fix)
        self.used[id(node)].append(path)

    def _refuse_doubles(self, node: yaml.MappingNode) -> None:
        places: dict[str, Place] = {}
        for key, _ in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in places:
                message = f"`{name}` is given twice, here and in line {places[name].line}"
                fix = "write `<<: [*one, *other]`" if name == MERGE else "keep one of the two"
                fail("duplicate-key", message, place_of(key, self.file), fix)
            places[name] = place_of(key, self.file)


def _children(node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    """A collection's children, each with its step of a path."""
    if isinstance(node, yaml.SequenceNode):
        return [(str(index), child) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), child) for key, child in node.value]
    return []


def _in_different_services(one: Path, other: Path) -> bool:
    for index in range(min(len(one), len(other)) - 1):
        if one[index] == other[index] == "services":
            return one[index + 1] != other[index + 1]
    return False
