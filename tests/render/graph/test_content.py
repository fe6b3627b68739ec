"""What the picture holds, from the table."""

from __future__ import annotations

from dataclasses import replace

from devkit.model import Table
from devkit.render.graph.content import graph_of, neighbourhood
from devkit.render.graph.model import Area, Graph, Live, Relation


def joined(graph: Graph, relation: Relation) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges if edge.relation is relation}


def test_who_calls_whom(shop: Table) -> None:
    graph = graph_of(shop)
    assert joined(graph, Relation.CALLS) == {
        ("order-service", "stock"),
        ("order-service", "bank"),  # by BANK_URL
        ("page", "order-service"),
    }
    labels = {(edge.source, edge.target): edge.label for edge in graph.edges}
    assert labels["order-service", "stock"] == "STOCK_URL"
    assert labels["order-service", "bank"] == "BANK_URL"
    assert labels["page", "order-service"] == "VITE_API_URL"


def test_where_browsers_find_the_page_is_no_call(table: Table) -> None:
    assert ("gateway", "web") not in joined(graph_of(table), Relation.CALLS)


def test_webhooks(shop: Table) -> None:
    graph = graph_of(shop)
    assert joined(graph, Relation.WEBHOOK) == {("provider:bank", "order-service")}
    assert graph.keys["provider:bank"].note == "→ stock"
    assert graph.keys["provider:bank"] is not graph.keys["bank"]


def test_stores_are_needed_without_lines(shop: Table) -> None:
    graph = graph_of(shop)
    assert graph.keys["order-service"].needs == ("db", "cache")
    assert graph.keys["page"].needs == ()
    assert not joined(graph, Relation.NEEDS)


def test_other_needs_are_lines(shop: Table) -> None:
    waiting = replace(shop.services["stock"], needs=("cache", "bank"))
    graph = graph_of(replace(shop, services={**shop.services, "stock": waiting}))
    assert joined(graph, Relation.NEEDS) == {("stock", "bank")}
    assert graph.keys["stock"].needs == ("cache",)


def test_areas_and_tags(shop: Table) -> None:
    nodes = graph_of(shop).keys
    assert nodes["bank"].area is Area.BACKEND, "a tool that is called stands where it is called"
    assert nodes["viewer"].area is Area.TOOLS
    assert nodes["page"].area is Area.FRONTEND
    assert nodes["db"].area is Area.DATA
    assert nodes["viewer"].tags == ("Kubernetes only",)
    assert nodes["bank"].tags == ("development only",)
    assert [name for name, node in nodes.items() if node.dashed] == ["bank", "viewer"]
    off = replace(shop.services["viewer"], enabled=False)
    nodes = graph_of(replace(shop, services={**shop.services, "viewer": off})).keys
    assert nodes["viewer"].tags == ("Kubernetes only", "off")


def test_who_stands_in(table: Table) -> None:
    assert graph_of(table).keys["slicer"].stand_in == "provider-sim"


def test_live_states_and_ports(shop: Table) -> None:
    live = {"stock": Live("crashed", 3101, 9330, "exit 1")}
    node = graph_of(shop, live).keys["stock"]
    assert (node.port, node.debug_port) == (3101, 9330)
    assert node.live == live["stock"]
    assert graph_of(shop, {}).live
    assert not graph_of(shop).live


def test_ports_are_moved_by_the_offset(shop: Table) -> None:
    node = graph_of(replace(shop, port_offset=100)).keys["stock"]
    assert (node.port, node.debug_port) == (3101, 9330)


def test_neighbourhood(shop: Table) -> None:
    assert neighbourhood(shop, ["stock"]) == {"stock", "cache", "order-service"}
    only = graph_of(shop, only={"stock", "cache", "order-service"})
    assert set(only.keys) == {"provider:bank", "cache", "order-service", "stock"}
    assert only.keys["order-service"].needs == ("cache",)
