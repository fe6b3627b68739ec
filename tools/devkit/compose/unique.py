"""Lists in which what comes later takes the place of what was there: one variable, one mount, one port of a name."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from devkit.compose.model import Node, Path, fail, shown
from devkit.compose.patterns import Patterns, dotted
from devkit.compose.volumes import mount

__all__ = ["has_names", "keep_last"]


def keep_last(node: Node, path: Path = ()) -> None:
    """Drops from such lists, at and below `node`, what is given again later. Raises ComposeError for items without a name."""
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            keep_last(child, (*path, name))
    elif isinstance(node.value, list) and (identity := _IDENTITIES.match(path)) is not None:
        kept: dict[Hashable, Node] = {}
        for item in node.value:
            kept[identity(item, path)] = item
        node.value[:] = kept.values()


def has_names(path: Path) -> bool:
    """Whether a list at that path is one of them."""
    return _IDENTITIES.match(path) is not None


def _name(item: Node, path: Path) -> Hashable:
    if not isinstance(item.value, str):
        fail(
            "type", f"an item of {dotted(path)} is {shown(item)}; text belongs there", item.place, "quote it"
        )
    return item.text.partition("=")[0]


def _exposed(item: Node, path: Path) -> Hashable:
    if isinstance(item.value, bool) or not isinstance(item.value, (str, int)):
        fail("type", f"an item of {dotted(path)} is {shown(item)}; a port belongs there", item.place)
    return str(item.value)


def _target(item: Node, path: Path) -> Hashable:
    if isinstance(item.value, dict):
        found = item.get("target")
        if found is None or not isinstance(found.value, str):
            what = "mount" if path[-1] == "volumes" else "device"
            fail(
                "no-target", f"this {what} has no target", item.place, "add `target: /where/in/the/container`"
            )
        return found.value
    if not isinstance(item.value, str):
        return ""
    if path[-1] == "volumes":
        return mount(item).target
    parts = item.text.split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _file(item: Node, path: Path) -> Hashable:
    if isinstance(item.value, dict):
        found = item.get("path")
        if found is None or not isinstance(found.value, str):
            fail("no-path", f"an item of {dotted(path)} has no path", item.place, "add `path: FILE`")
        return found.value
    return item.value if isinstance(item.value, str) else ""


def _granted(folder: str) -> Callable[[Node, Path], Hashable]:
    def identity(item: Node, path: Path) -> Hashable:
        if isinstance(item.value, str):
            return f"{folder}/{item.value}"
        if not isinstance(item.value, dict):
            fail(
                "type",
                f"an item of {dotted(path)} is {shown(item)}; a name or a mapping belongs there",
                item.place,
            )
        if (target := item.get("target")) is not None:
            return target.text
        source = item.get("source")
        return f"{folder}/{source.value if source else ''}"

    return identity


def _port(item: Node, path: Path) -> Hashable:  # noqa: ARG001
    if not isinstance(item.value, dict):
        return (
            str(item.value) if isinstance(item.value, (int, str)) and not isinstance(item.value, bool) else ""
        )
    target = item.get("target")
    if target is None:
        fail(
            "no-target",
            "this port has no target",
            item.place,
            "add `target: PORT`, the port in the container",
        )

    def part(name: str, default: object) -> tuple[str, object]:
        found = item.get(name)
        # Compose takes the port 80 and the port "80" for two.
        return (type(found.value).__name__, str(found.value)) if found else ("str", default)

    return part("host_ip", "0.0.0.0"), part("published", None), part("target", 0), part("protocol", "tcp")


_NAMES = (
    "annotations", "build.args", "build.additional_contexts", "build.platform", "build.tags", "build.labels", "cap_add",
    "cap_drop", "deploy.labels", "dns", "dns_opt", "dns_search", "environment", "labels", "links", "networks.*.aliases",
    "networks.*.link_local_ips", "profiles", "sysctls", "tmpfs",
)  # fmt: skip
_Identity = Callable[[Node, Path], Hashable]
_IDENTITIES: Patterns[_Identity] = Patterns.of(
    {f"services.*.{name}": _name for name in _NAMES}
    | {"networks.*.labels": _name, "networks.*.ipam.options": _name}
    | {
        "services.*.configs": _granted(""),
        "services.*.env_file": _file,
        "services.*.expose": _exposed,
        "services.*.ports": _port,
        "services.*.secrets": _granted("/run/secrets"),
        "services.*.volumes": _target,
        "services.*.devices": _target,
    }
)
