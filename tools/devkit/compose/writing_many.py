"""How Compose prints lists and mappings: commands as words, variables and labels as mappings of texts …"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from devkit.compose.model import Node, derived, fail
from devkit.compose.scalars import printed
from devkit.compose.units import shell_words
from devkit.compose.writing import as_text, refuse

__all__ = [
    "command",
    "hosts",
    "labels",
    "many_options",
    "options",
    "pairs",
    "plain_map",
    "shown_texts",
    "ssh_keys",
    "strings",
    "tested",
    "texts",
    "ulimit",
    "variables",
]

_EXTENSIONS = "#extensions"
_IN_BRACKETS = 2


def command(node: Node) -> Node | None:
    """A command as a list of words."""
    if isinstance(node.value, str):
        return derived([_from(word, node) for word in shell_words(node)], node)
    if isinstance(node.value, list):
        return derived([derived(item.text, item) for item in node.value], node)
    return None


def _from(value: str, node: Node) -> Node:
    return Node(value, node.origin)


def tested(node: Node) -> Node | None:
    """A health check's command; text goes to a shell."""
    if isinstance(node.value, str):
        return derived([_from("CMD-SHELL", node), _from(node.value, node)], node)
    return strings(node)


def strings(node: Node) -> Node | None:
    """A list of texts; one text is a list of one."""
    if isinstance(node.value, str):
        return derived([_from(node.value, node)], node)
    return texts(node)


def texts(node: Node) -> Node | None:
    """A list of texts; numbers become text."""
    written = [derived(as_text(item), item) for item in node.items]
    return derived(written, node) if written else None


def shown_texts(node: Node) -> Node | None:
    """A list in which everything becomes text."""
    written = [derived(printed(item.plain()), item) for item in node.items]
    return derived(written, node) if written else None


def _entries(node: Node, absent: str | None, value: Callable[[Node], str | None]) -> Node | None:
    """`NAME: value` or `- NAME=value` as a mapping of texts; `absent` is the value of a name alone."""
    written: dict[str, Node] = {}
    if isinstance(node.value, dict):
        extensions = {}
        for name, child in node.value.items():
            if name.startswith("x-"):
                extensions[name] = (
                    child  # Compose takes it for an extension, and then prints all of them as one entry
                )
            else:
                written[name] = derived(value(child), child)
        if extensions:
            content = printed({name: child.plain() for name, child in extensions.items()})
            written[_EXTENSIONS] = derived(content, next(iter(extensions.values())))
    else:
        for item in node.items:
            name, equals, rest = printed(item.plain()).partition("=")
            origin = replace(item.origin, text=(item.origin.text or "").partition("=")[2] or item.origin.text)
            written[name] = Node(rest if equals else absent, origin, item.place)
    return derived(dict(sorted(written.items())), node) if written else None


def pairs(node: Node) -> Node | None:
    """A mapping of texts; a name alone has an empty one."""
    return _entries(node, "", lambda child: "" if child.value is None else printed(child.plain()))


labels = pairs


def variables(node: Node) -> Node | None:
    """A mapping of texts; a name alone has none."""
    if isinstance(node.value, list):
        for item in node.value:
            name = printed(item.plain()).partition("=")[0]
            if name and name[-1].isspace():
                fail("trailing-space", f"the name `{name}` ends with a space", item.place, "delete the space")
    return _entries(node, None, lambda child: None if child.value is None else printed(child.plain()))


def options(node: Node) -> Node | None:
    """A mapping of texts."""
    return pairs(derived(node.mapping, node))


def plain_map(node: Node) -> Node | None:
    """A mapping of texts; only numbers become text."""
    written = {
        name: derived(as_text(child), child)
        for name, child in sorted(node.mapping.items())
        if not name.startswith("x-")
    }
    return derived(written, node) if written else None


def many_options(node: Node) -> Node | None:
    """A mapping of lists of texts."""
    written: dict[str, Node] = {}
    for name, child in sorted(node.mapping.items()):
        items = child.value if isinstance(child.value, list) else [child]
        written[name] = derived([derived(printed(item.plain()), item) for item in items], child)
    return derived(written, node) if written else None


def hosts(node: Node) -> Node | None:
    """`name=address`, sorted."""
    found: dict[str, list[Node]] = {}
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            items = child.value if isinstance(child.value, list) else [child]
            found[name] = [
                derived(printed(item.plain()) if item.value is not None else "", item) for item in items
            ]
    else:
        for item in node.items:
            content = printed(item.plain())
            separator = "=" if "=" in content else ":"
            name, known, addresses = content.partition(separator)
            if not known:
                fail("bad-host", f"`{content}` names no address", item.place, "write name=address")
            found.setdefault(name, []).extend(derived(address, item) for address in addresses.split(","))
    written: list[Node] = []
    for name, addresses_of in found.items():
        if not name or ":" in name or "=" in name:
            fail("bad-host", f"`{name}` is no host's name", node.place, "write name=address")
        for address in addresses_of:
            bare = address.text
            if len(bare) > _IN_BRACKETS and bare.startswith("[") and bare.endswith("]"):
                bare = bare[1:-1]
            written.append(derived(f"{name}={bare}", address))
    written.sort(key=lambda item: item.text)
    return derived(written, node) if written else None


def ulimit(node: Node) -> Node | None:
    """One number, or a soft and a hard one."""
    if isinstance(node.value, dict):
        written = {}
        for name in ("soft", "hard"):
            child = node.value.get(name)
            if child is not None:
                if type(child.value) is not int:
                    refuse(child, "a whole number")
                if child.value:
                    written[name] = derived(child.value, child)
        return derived(written, node)
    if type(node.value) is not int:
        refuse(node, "a whole number")
    return derived(node.value, node) if node.value else derived({}, node)


def ssh_keys(node: Node) -> Node | None:
    """The names of keys, with the file of each that has one."""
    written = [
        derived(name if child.value is None else f"{name}={printed(child.plain())}", child)
        for name, child in node.mapping.items()
    ]
    return derived(written, node) if written else None
