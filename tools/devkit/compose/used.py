"""Of networks, volumes, secrets and configs only those that an enabled service uses."""

from __future__ import annotations

import math

from devkit.compose.model import Node, Path, derived, fail
from devkit.compose.patterns import ITEM
from devkit.compose.unique import has_names

__all__ = ["by_name", "only_used"]


def only_used(written: Node, enabled: dict[str, Node], model: Node) -> Node:
    """The project in the order in which Compose prints it, without what no enabled service uses."""
    used: dict[str, set[object]] = {"networks": set(), "volumes": set(), "secrets": set(), "configs": set()}
    for service in enabled.values():
        used["networks"] |= service.mapping.get("networks", derived({}, service)).mapping.keys()
        for mount in _list(service, "volumes"):
            form, source = mount.get("type"), mount.get("source")
            if form is not None and form.value == "volume" and source is not None:
                used["volumes"].add(source.value)
        for kind in ("secrets", "configs"):
            for use in (*_list(service, kind), *(_list(service, "build", kind) if kind == "secrets" else ())):
                used[kind].add(source.value if (source := use.get("source")) else "")
    result = {
        "name": written.mapping["name"],
        "services": derived(enabled, written.mapping["services"]),
    }
    for kind, names in used.items():
        node = written.mapping.get(kind)
        if node is None:
            continue
        kept = {name: _without_content(node.mapping[name]) for name in sorted(node.mapping) if name in names}
        if kept:
            result[kind] = derived(kept, node)
    for name, child in model.mapping.items():
        if name.startswith("x-"):
            result[name] = by_name(child, (name,))
    return derived({name: result[name] for name in sorted(result)}, model)


def _list(service: Node, *path: str) -> list[Node]:
    node = service.get(*path)
    return node.value if node is not None and isinstance(node.value, list) else []


def _without_content(node: Node) -> Node:
    """What a config takes from a variable is not printed."""
    if "environment" in node.mapping:
        node.mapping.pop("content", None)
    return node


def by_name(node: Node, path: Path = ()) -> Node:
    """A value with its keys in order."""
    if isinstance(node.value, dict):
        ordered = {name: by_name(node.value[name], (*path, name)) for name in sorted(node.value)}
        return Node(ordered, node.origin, node.key)
    if isinstance(node.value, list):
        items = [by_name(child, (*path, ITEM)) for child in node.value]
        # Compose prints an empty list as null where it did not look for items that are given twice.
        return Node(items if items or has_names(path) else None, node.origin, node.key)
    if isinstance(node.value, float) and not math.isfinite(node.value):
        fail("not-a-number", "is a number without digits, which JSON does not have", node.place, "quote it")
    return node
