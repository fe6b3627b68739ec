"""Table → what the picture shows: nodes, and who calls, posts to and waits for whom."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from devkit.model import Card, Service, Table
from devkit.render.graph.model import Area, Edge, Graph, Live, Node, NodeKind, Relation

__all__ = ["graph_of", "neighbourhood"]

_KINDS = {
    Card.SERVICE: NodeKind.SERVICE,
    Card.PAGE: NodeKind.PAGE,
    Card.IMAGE: NodeKind.IMAGE,
    Card.STORE: NodeKind.STORE,
}
_AREAS = {
    "infra": Area.DATA,
    "backend": Area.BACKEND,
    "frontend": Area.FRONTEND,
    "tools": Area.TOOLS,
}


def graph_of(
    table: Table, live: Mapping[str, Live] | None = None, only: Collection[str] | None = None
) -> Graph:
    """The platform, or those of its services that are in `only`; with `live`, how each is, by name.

    A tool that calls something or is called stands among the backend.
    """
    chosen = [s for s in table.services.values() if only is None or s.name in only]
    names = {service.name for service in chosen}
    edges = tuple(edge for service in chosen for edge in _edges(table, service, names))
    linked = {end for edge in edges for end in (edge.source, edge.target)}
    nodes = (
        *_providers(chosen),
        *(_node(table, service, names, linked, (live or {}).get(service.name)) for service in chosen),
    )
    return Graph(table.name, nodes, edges, live is not None)


def neighbourhood(table: Table, names: Collection[str]) -> set[str]:
    """These services, all they reach directly or not (what `up` would start for them), and who reaches them directly."""
    callers = (name for name in table.services if set(_targets(table, table.services[name])) & set(names))
    return table.closure(names) | set(callers)


def _providers(chosen: list[Service]) -> Iterator[Node]:
    seen: dict[str, list[str]] = {}
    for service in chosen:
        for hook in service.webhooks.values():
            seen.setdefault(hook.provider, []).append(hook.to)
    for provider, receivers in seen.items():
        handed = ", ".join(dict.fromkeys(receivers))
        about = f"Posts signed webhooks, which are handed to {handed}."
        yield Node(
            f"provider:{provider}", provider, NodeKind.PROVIDER, Area.PROVIDERS, about, note=f"→ {handed}"
        )


def _node(table: Table, service: Service, names: set[str], linked: set[str], live: Live | None) -> Node:
    area = _AREAS[service.group]
    if area is Area.TOOLS and service.name in linked:
        area = Area.BACKEND
    stores = tuple(name for name in service.needs if name in names and _is_store(table, name))
    offset = table.port_offset
    return Node(
        service.name,
        service.name,
        _KINDS[service.type.card],
        area,
        service.about,
        (live and live.port) or service.port + offset,
        (live and live.debug_port) or (service.debug_port + offset if service.debug_port else None),
        stand_in=service.stand_in.service if service.stand_in else "",
        needs=stores,
        tags=tuple(_tags(service)),
        dashed=service.development_only or service.enabled is not None,
        live=live,
    )


def _tags(service: Service) -> Iterator[str]:
    if service.kubernetes_only:
        yield "Kubernetes only"
    elif service.development_only:
        yield "development only"
    if service.enabled is not None:
        yield "optional" if service.enabled else "off"


def _edges(table: Table, service: Service, names: set[str]) -> Iterator[Edge]:
    if _is_store(table, service.name):
        return
    for hook in service.webhooks.values():
        yield Edge(f"provider:{hook.provider}", service.name, Relation.WEBHOOK, hook.path)
    for target, label in _targets(table, service).items():
        if target in names:
            yield Edge(service.name, target, Relation.CALLS, label)
    for target in service.needs:
        waits = target in names and target not in _targets(table, service) and target != service.name
        if waits and not _is_store(table, target):
            yield Edge(service.name, target, Relation.NEEDS)


def _targets(table: Table, service: Service) -> dict[str, str]:
    """Whom a service calls, and the variable that says where: its `calls`, then variables that carry an address.

    A page's calls are made by the browser, which takes the public address.
    """
    found = dict.fromkeys(service.calls, "")
    if service.type.environment.configured:
        found = {name: table.services[name].url_variable for name in service.calls}
    page = service.type.environment.in_browser
    for variable in service.env.values():
        target = variable.service or (variable.public if page else None)
        if target is not None:
            found[target] = found.get(target) or variable.name
    found.pop(service.name, None)
    return {name: label for name, label in found.items() if not _is_store(table, name)}


def _is_store(table: Table, name: str) -> bool:
    return table.services[name].type.card is Card.STORE
