"""Short forms → long ones."""

from __future__ import annotations

from collections.abc import Callable

from devkit.compose.model import ComposeError, Node, Path, derived, fail, shown
from devkit.compose.patterns import ITEM, Patterns, dotted
from devkit.compose.ports import long_ports
from devkit.compose.scalars import printed
from devkit.compose.volumes import long_mount

__all__ = ["lengthen"]

_Change = Callable[[Node, Path, bool], Node]


def lengthen(node: Node, path: Path = (), tolerant: bool = False) -> Node:
    """The value with all short forms in it made long, in place. `tolerant`: what cannot be read stays as it is, as
    variables that are not replaced may be in it. Raises ComposeError."""
    if (change := _LONG.match(path)) is not None:
        return change(node, path, tolerant)
    return _inside(node, path, tolerant)


def _inside(node: Node, path: Path, tolerant: bool) -> Node:
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            node.value[name] = _keyed(lengthen(child, (*path, name), tolerant), child)
    elif isinstance(node.value, list):
        node.value[:] = [lengthen(child, (*path, ITEM), tolerant) for child in node.value]
    return node


def _keyed(node: Node, before: Node) -> Node:
    node.key = before.key
    return node


def _refuse(node: Node, path: Path) -> Node:
    fail("type", f"{dotted(path)} cannot be {shown(node)}", node.place)


def _one_as_list(node: Node, path: Path, tolerant: bool) -> Node:  # noqa: ARG001
    return derived([Node(node.value, node.origin)], node) if isinstance(node.value, str) else node


def _printed(node: Node, path: Path, tolerant: bool) -> Node:  # noqa: ARG001
    return node if isinstance(node.value, str) else derived(printed(node.plain()), node)


def _short_for(name: str) -> _Change:
    """Text alone is the value of the mapping's key `name`."""

    def change(node: Node, path: Path, tolerant: bool) -> Node:
        if isinstance(node.value, str):
            return derived({name: node}, node)
        return _inside(node, path, tolerant) if isinstance(node.value, dict) else _refuse(node, path)

    return change


def _dependencies(node: Node, path: Path, tolerant: bool) -> Node:  # noqa: ARG001
    if isinstance(node.value, list):
        entries: dict[str, Node] = {}
        for item in node.value:
            filled = {
                "condition": derived("service_started", item, "default"),
                "required": derived(True, item, "default"),
            }
            entries[item.text] = Node(filled, item.origin, item.place)
        return derived(entries, node)
    if not isinstance(node.value, dict):
        return _refuse(node, path)
    for name, child in node.value.items():
        if not isinstance(child.value, dict):
            return _refuse(child, (*path, name))
        child.value.setdefault("condition", derived("service_started", child, "default"))
        child.value.setdefault("required", derived(True, child, "default"))
    return node


def _env_files(node: Node, path: Path, tolerant: bool) -> Node:  # noqa: ARG001
    if isinstance(node.value, str):
        return derived([_env_file(Node(node.value, node.origin))], node)
    if not isinstance(node.value, list):
        return _refuse(node, path)
    node.value[:] = [_env_file(item) for item in node.value]
    return node


def _env_file(node: Node) -> Node:
    if isinstance(node.value, str):
        return derived({"path": node, "required": derived(True, node, "default")}, node)
    if not isinstance(node.value, dict):
        return derived(None, node)
    node.value.setdefault("required", derived(True, node, "default"))
    return node


def _gpus(node: Node, path: Path, tolerant: bool) -> Node:
    if isinstance(node.value, str):
        return derived([derived({"count": derived("all", node)}, node)], node)
    return _inside(node, path, tolerant) if isinstance(node.value, list) else _refuse(node, path)


def _as_names(node: Node, path: Path, tolerant: bool) -> Node:  # noqa: ARG001
    if not isinstance(node.value, list):
        return node
    return derived({item.text: Node(None, item.origin, item.place) for item in node.value}, node)


def _mount(node: Node, path: Path, tolerant: bool) -> Node:
    if isinstance(node.value, str):
        return _or_as_it_is(node, long_mount, tolerant)
    return node if isinstance(node.value, dict) else _refuse(node, path)


def _or_as_it_is(node: Node, change: Callable[[Node], Node], tolerant: bool) -> Node:
    try:
        return change(node)
    except ComposeError:
        if tolerant:
            return node
        raise


def _device(node: Node, path: Path, tolerant: bool) -> Node:
    if isinstance(node.value, dict):
        return node
    if not isinstance(node.value, str):
        return _refuse(node, path)
    parts = node.value.split(":")
    if len(parts) > 3:
        if tolerant:
            parts = ["", "", "rwm"]
        else:
            fail(
                "bad-device",
                f"the device `{node.value}` has too many colons",
                node.place,
                "write source:target:rwm",
            )
    source = parts[0]
    target = (parts[1] if len(parts) > 1 else "") or source
    permissions = parts[2] if len(parts) > 2 else "rwm"
    entries = {"source": source, "target": target, "permissions": permissions}
    return derived({name: derived(value, node) for name, value in entries.items()}, node)


def _ports(node: Node, path: Path, tolerant: bool) -> Node:
    if not isinstance(node.value, list):
        return _refuse(node, path)
    found: list[Node] = []
    for item in node.value:
        if isinstance(item.value, dict):
            found.append(item)
        elif isinstance(item.value, bool) or not isinstance(item.value, (int, str)):
            _refuse(item, path)
        elif tolerant and isinstance(item.value, str):
            try:
                found += long_ports(item)
            except ComposeError:
                return node
        else:
            found += long_ports(item)
    node.value[:] = found
    return node


def _ssh(node: Node, path: Path, tolerant: bool) -> Node:  # noqa: ARG001
    if isinstance(node.value, dict):
        return node
    if not isinstance(node.value, list):
        return _refuse(node, path)
    entries: dict[str, Node] = {}
    for item in node.value:
        name, has_path, file = item.text.partition("=")
        if not has_path and name != "default":
            fail("bad-ssh-key", f"the key `{name}` has no file", item.place, "write name=file")
        entries[name] = Node(file if has_path else None, item.origin, item.place)
    return derived(entries, node)


def _contexts(node: Node, path: Path, tolerant: bool) -> Node:
    if isinstance(node.value, dict):
        return node
    if not isinstance(node.value, list):
        return _refuse(node, path)
    entries: dict[str, Node] = {}
    for item in node.value:
        name, has_value, value = item.text.partition("=")
        if not has_value:
            if tolerant:
                return node
            fail("bad-context", f"`{name}` has no context", item.place, "write name=folder")
        entries[name] = Node(value, item.origin, item.place)
    return derived(entries, node)


def _limit(node: Node, path: Path, tolerant: bool) -> Node:  # noqa: ARG001
    fine = isinstance(node.value, dict) or type(node.value) is int
    return node if fine else _refuse(node, path)


def _external(node: Node, path: Path, tolerant: bool) -> Node:
    if node.value is None:
        return node
    if not isinstance(node.value, dict):
        return _refuse(node, path)
    _inside(node, path, tolerant)
    external = node.value.get("external")
    if external is not None and isinstance(external.value, dict):
        named = external.value.get("name")
        node.value["external"] = _keyed(derived(True, external), external)
        if named is not None:
            own = node.value.setdefault("name", named)
            if own.plain() != named.plain():
                message = f"{dotted(path)} has a name and another one in `external`"
                fail("two-names", message, named.place, "keep `name`, and write `external: true`")
    return node


_LONG: Patterns[_Change] = Patterns.of(
    {
        "services.*.build.secrets.*": _short_for("source"),
        "services.*.build.provenance": _printed,
        "services.*.build.sbom": _printed,
        "services.*.build.additional_contexts": _contexts,
        "services.*.depends_on": _dependencies,
        "services.*.env_file": _env_files,
        "services.*.label_file": _one_as_list,
        "services.*.extends": _short_for("service"),
        "services.*.gpus": _gpus,
        "services.*.networks": _as_names,
        "services.*.models": _as_names,
        "services.*.volumes.*": _mount,
        "services.*.dns": _one_as_list,
        "services.*.devices.*": _device,
        "services.*.secrets.*": _short_for("source"),
        "services.*.configs.*": _short_for("source"),
        "services.*.ports": _ports,
        "services.*.build": _short_for("context"),
        "services.*.build.ssh": _ssh,
        "services.*.ulimits.*": _limit,
        "services.*.build.ulimits.*": _limit,
        "services.*.develop.watch.*.ignore": _one_as_list,
        "services.*.develop.watch.*.include": _one_as_list,
        **{f"{kind}.*": _external for kind in ("volumes", "networks", "secrets", "configs")},
    }
)
