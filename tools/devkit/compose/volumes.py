"""A mount in its short form: `source:target:options`."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import NoReturn

from devkit.compose.model import Node, derived, fail

__all__ = ["Mount", "clean", "long_mount", "mount"]

_PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")
_RELABELS = ("z", "Z")
_SHORTEST, _MOST_PARTS = 3, 3


@dataclass
class Mount:
    """What the short form says."""

    source: str = ""
    target: str = ""
    type: str = "volume"
    read_only: bool = False
    no_copy: bool | None = None
    bind: dict[str, str] = field(default_factory=dict)


def mount(node: Node) -> Mount:
    """The parts of a mount in its short form. Raises ComposeError."""
    text = node.text
    if not text:
        fail("bad-mount", "this mount is empty", node.place, "write source:target")
    if len(text.encode()) < _SHORTEST:
        return Mount(target=text, no_copy=None)
    found = Mount()
    parts = _parts(text)
    if not all(parts):
        _unclear(node, "has nothing between two colons")
    if len(parts) > _MOST_PARTS:
        _unclear(node, "has too many colons")
    found.source, found.target, options = ("", *parts, "") if len(parts) == 1 else (*parts, "")[:3]
    found.no_copy = False
    for option in options.split(","):
        if option in ("ro", "rw"):
            found.read_only = option == "ro"
        elif option == "nocopy":
            found.no_copy = True
        elif option in _PROPAGATIONS:
            found.bind["propagation"] = option
        elif option in _RELABELS:
            found.bind["selinux"] = option
    found.type = "bind" if _is_path(found.source) else "volume"
    return found


def _parts(text: str) -> list[str]:
    """What lies between its colons; those of a drive (`C:`) and within `${…}` divide nothing."""
    parts, current, depth = [], "", 0
    for index, character in enumerate(text):
        if character == "$" and text[index + 1 : index + 2] == "{":
            depth += 1
        elif character == "}" and depth:
            depth -= 1
        elif character == ":" and not depth and not (len(current) == 1 and current.isalpha()):
            parts.append(current)
            current = ""
            continue
        current += character
    return [*parts, current]


def _is_path(source: str) -> bool:
    return (
        source[:1] in (".", "/", "~")
        or source.startswith("\\\\")
        or (source[:1].isalpha() and source[1:2] == ":")
        if source
        else False
    )


def _unclear(node: Node, why: str) -> NoReturn:
    fail("bad-mount", f"the mount `{node.value}` {why}", node.place, "write source:target, or the long form")


def long_mount(node: Node) -> Node:
    """The short form as the long one."""
    found = mount(node)
    entries: dict[str, Node] = {}

    def add(name: str, value: str | bool | dict[str, Node]) -> None:
        entries[name] = derived(value, node)

    add("type", found.type)
    if found.source:
        add("source", found.source)
    if found.target:
        add("target", clean(found.target))
    if found.read_only:
        add("read_only", True)
    bind: dict[str, str | bool] = {**found.bind}
    if found.type == "bind":
        bind["create_host_path"] = True
    if bind:
        add("bind", {name: derived(value, node) for name, value in bind.items()})
    if found.no_copy:
        add("volume", {"nocopy": derived(True, node)})
    elif found.no_copy is not None and found.type == "volume":
        add("volume", {})
    return derived(entries, node)


def clean(path: str) -> str:
    """The shortest path that says the same: no `.`, no `//`, no `..` behind a name."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned
