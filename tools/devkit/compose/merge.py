"""One file over another: the rules by which Compose merges, field by field."""

from __future__ import annotations

from collections.abc import Callable

from devkit.compose.model import Node, Path, derived, fail, shown
from devkit.compose.patterns import Patterns, dotted
from devkit.compose.scalars import printed

__all__ = ["merge", "merge_service"]

_STARTED: dict[str, str | bool] = {"condition": "service_started", "required": True}


def merge(base: Node, over: Node) -> Node:
    """The files merged so far, with another one over them; both are used up. Raises ComposeError where kinds clash."""
    return _merge(base, over, ())


def merge_service(base: Node, over: Node, name: str) -> Node:
    """A service over the one that it extends; both are used up."""
    return _merge(base, over, ("services", name))


def _merge(base: Node, over: Node, path: Path) -> Node:
    if (special := _SPECIALS.match(path)) is not None:
        return special(base, over, path)
    if over.value is None:
        return base
    if isinstance(base.value, dict):
        return _merge_mappings(base, _same_kind(base, over, path), path)
    if isinstance(base.value, list):
        return _list([*base.value, *_same_kind(base, over, path).items], over)
    return over


def _same_kind(base: Node, over: Node, path: Path) -> Node:
    if type(base.value) is not type(over.value):
        message = f"{dotted(path)} is {shown(over)} here and {shown(base)} at {base.place}, so that they cannot be merged"
        fail("cannot-merge", message, over.place, "write both in the same form")
    return over


def _list(items: list[Node], source: Node) -> Node:
    return derived(items, source)


def _merge_mappings(base: Node, over: Node, path: Path) -> Node:
    known = base.mapping
    for name, child in over.mapping.items():
        known[name] = _merge(known[name], child, (*path, name)) if name in known else child
    return base


def _override(base: Node, over: Node, path: Path) -> Node:  # noqa: ARG001
    return over


def _to_sequence(base: Node, over: Node, path: Path) -> Node:  # noqa: ARG001
    return _list([*_sequence(base), *_sequence(over)], over if over.value is not None else base)


def _sequence(node: Node) -> list[Node]:
    """`NAME: value` as `NAME=value`, by name; text as one item."""
    if isinstance(node.value, dict):
        items = [item for name, child in node.value.items() for item in _pairs(name, child)]
        return sorted(items, key=lambda item: item.text)
    if isinstance(node.value, list):
        return node.value
    return [node] if isinstance(node.value, str) else []


def _pairs(name: str, child: Node) -> list[Node]:
    if child.value is None:
        return [Node(name, child.origin, child.key)]
    if isinstance(child.value, list):
        return [Node(f"{name}={printed(item.plain())}", item.origin, child.key) for item in child.value]
    return [Node(f"{name}={printed(child.plain())}", child.origin, child.key)]


def _extra_hosts(base: Node, over: Node, path: Path) -> Node:  # noqa: ARG001
    known = _sequence(base)
    there = [node.plain() for node in known]
    return _list([*known, *(node for node in _sequence(over) if node.plain() not in there)], over)


def _as_mapping(node: Node, path: Path, default: dict[str, str | bool] | None = None) -> Node:
    """A list of names as a mapping of them."""
    if isinstance(node.value, list):
        entries: dict[str, Node] = {}
        for item in node.value:
            filled = {name: Node(value, item.origin) for name, value in default.items()} if default else None
            entries[item.text] = Node(filled, item.origin, item.place)
        return derived(entries, node)
    if not isinstance(node.value, dict):
        message = f"{dotted(path)} is {shown(node)}, so that it cannot be merged"
        fail("cannot-merge", message, node.place, "write a list or a mapping, or delete it")
    return node


def _depends_on(base: Node, over: Node, path: Path) -> Node:
    return _merge_mappings(_as_mapping(base, path, _STARTED), _as_mapping(over, path, _STARTED), path)


def _names(base: Node, over: Node, path: Path) -> Node:
    return _merge_mappings(_as_mapping(base, path), _as_mapping(over, path), path)


def _build(base: Node, over: Node, path: Path) -> Node:
    def long(node: Node) -> Node:
        return derived({"context": node}, node) if isinstance(node.value, str) else _as_mapping(node, path)

    return _merge_mappings(long(base), long(over), path)


def _logging(base: Node, over: Node, path: Path) -> Node:
    """The options of one driver are none of another one's."""
    known, new = _as_mapping(base, path).get("driver"), _as_mapping(over, path).get("driver")
    if known is None or new is None or known.plain() == new.plain():
        return _merge_mappings(base, over, path)
    return over


def _address_pools(base: Node, over: Node, path: Path) -> Node:
    """Pools of the same subnet are merged, others added."""
    pools: list[Node] = []

    def subnet(node: Node) -> object:
        found = node.get("subnet")
        return found.plain() if found else None

    for original in _same_kind(_list([], base), base, path).items:
        for new in _same_kind(_list([], base), over, path).items:
            _as_mapping(original, path), _as_mapping(new, path)
            if subnet(new) != subnet(original) and all(subnet(pool) != subnet(new) for pool in pools):
                pools.append(new)
                continue
            merged = _merge_mappings(original, new, path)
            at = next((i for i, pool in enumerate(pools) if subnet(pool) == subnet(merged)), None)
            if at is None:
                pools.append(merged)
            else:
                pools[at] = merged
    return _list(pools, over)


_LISTS = (
    "annotations", "build.args", "build.additional_contexts", "build.labels", "deploy.labels", "dns", "dns_opt",
    "dns_search", "env_file", "label_file", "environment", "labels", "sysctls", "tmpfs",
)  # fmt: skip
_Special = Callable[[Node, Node, Path], Node]
_SPECIALS: Patterns[_Special] = Patterns.of(
    {
        "networks.*.ipam.config": _address_pools,
        "networks.*.labels": _to_sequence,
        "volumes.*.labels": _to_sequence,
        **{f"services.*.{name}": _to_sequence for name in _LISTS},
        "services.*.build": _build,
        "services.*.build.extra_hosts": _extra_hosts,
        "services.*.command": _override,
        "services.*.depends_on": _depends_on,
        "services.*.entrypoint": _override,
        "services.*.extra_hosts": _extra_hosts,
        "services.*.healthcheck.test": _override,
        "services.*.logging": _logging,
        "services.*.models": _names,
        "services.*.networks": _names,
        "services.*.ulimits.*": _override,
    }
)
