"""What a picture shows, before anything has a place."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Area", "Edge", "Graph", "Live", "Node", "NodeKind", "Relation"]


class NodeKind(Enum):
    """What a node is, which decides how its card looks."""

    PROVIDER = "provider"
    PAGE = "page"
    SERVICE = "service"
    IMAGE = "image"
    STORE = "store"


class Area(Enum):
    """Which part of the picture a node is in; the value is the part's heading."""

    PROVIDERS = "Providers"
    FRONTEND = "Frontend"
    BACKEND = "Backend"
    DATA = "Data"
    TOOLS = "Tools"


class Relation(Enum):
    """What an edge says: `source` calls, posts webhooks to, or must wait for `target`."""

    CALLS = "calls"
    WEBHOOK = "webhooks"
    NEEDS = "needs"


@dataclass(frozen=True)
class Live:
    """How a unit is: `state` is a word of `devkit status`, ports are those it really listens on."""

    state: str
    port: int | None = None
    debug_port: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class Node:
    """One card. `key` is unique in a graph; `needs` are the stores it has a badge for, by name.

    `tags` say in words why `dashed`; `note` takes the place of ports; `stand_in` answers while this one does not run.
    """

    key: str
    name: str
    kind: NodeKind
    area: Area
    about: str = ""
    port: int | None = None
    debug_port: int | None = None
    note: str = ""
    stand_in: str = ""
    needs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    dashed: bool = False
    live: Live | None = None


@dataclass(frozen=True)
class Edge:
    """From one node's key to another's. `label` says by which variable or path."""

    source: str
    target: str
    relation: Relation
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes in the table's order, and edges between them; never one from a node to itself."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    live: bool = False
    keys: dict[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", {node.key: node for node in self.nodes})

    def stores(self) -> tuple[Node, ...]:
        """The databases and queues."""
        return tuple(node for node in self.nodes if node.kind is NodeKind.STORE)
