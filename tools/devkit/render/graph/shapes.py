"""What a layout consists of; lengths in px, y downwards."""

from __future__ import annotations

from dataclasses import dataclass

from devkit.render.graph.model import Graph, Node, Relation

__all__ = ["Box", "Head", "Layout", "Panel", "Wire"]


@dataclass(frozen=True)
class Box:
    """A node's card; `lines` is its name, broken so that it fits."""

    node: Node
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Wire:
    """A line from item to item (nodes' keys, or lanes), left to right; its points differ in one coordinate each."""

    relation: Relation
    left: str
    right: str
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Head:
    """An arrow's tip at a card; it points to the left or to the right."""

    relation: Relation
    x: int
    y: int
    leftwards: bool


@dataclass(frozen=True)
class Panel:
    """The ground that an area's cards stand on."""

    title: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """Everything with its place."""

    graph: Graph
    width: int
    height: int
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    heads: tuple[Head, ...]
    panels: tuple[Panel, ...]
