"""How Compose prints each kind of value: sizes in bytes, durations as 1m30s, lists of variables as mappings …"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from devkit.compose.interpolate import to_decimal, to_integer, to_switch
from devkit.compose.model import Node, derived, fail, shown
from devkit.compose.scalars import printed, single_precision
from devkit.compose.units import duration, printed_duration, shell_words, size

__all__ = [
    "command", "counted", "decimal", "device_count", "file_mode", "hosts", "kept_duration", "kept_number", "kept_switch",
    "labels", "lasting", "memory", "number", "options", "pairs", "plain_map", "ssh_keys", "strings", "switch", "tested",
    "text", "texts", "ulimit", "unsigned", "variables",
]  # fmt: skip

EXTENSIONS = "#extensions"


def _wrong(node: Node, wanted: str) -> None:
    fail("type", f"is {shown(node)}; {wanted} belongs there", node.place)


def text(node: Node) -> Node | None:
    """Text; a number becomes text. Empty text is left out."""
    if node.value is None or node.value == "":
        return None
    return derived(_text(node), node)


def _text(node: Node) -> str:
    if isinstance(node.value, bool) or not isinstance(node.value, (str, int)):
        if node.value is None:
            return ""
        _wrong(node, "text")
    return str(node.value)


def _switch(node: Node) -> bool:
    if isinstance(node.value, str):
        return to_switch(node)
    if not isinstance(node.value, bool):
        _wrong(node, "true or false")
    return bool(node.value)


def switch(node: Node) -> Node | None:
    """A switch; one that is off is left out."""
    return derived(True, node) if node.value is not None and _switch(node) else None


def kept_switch(node: Node) -> Node | None:
    """A switch that is printed on or off."""
    return None if node.value is None else derived(_switch(node), node)


def _number(node: Node) -> int:
    if isinstance(node.value, str):
        return to_integer(node)
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        _wrong(node, "a whole number")
    return int(node.value)  # type: ignore[arg-type]


def number(node: Node) -> Node | None:
    """A whole number; 0 is left out."""
    return derived(found, node) if node.value is not None and (found := _number(node)) else None


def kept_number(node: Node) -> Node | None:
    """A whole number that is printed also where it is 0."""
    return None if node.value is None else derived(_number(node), node)


def _unsigned(node: Node) -> int:
    if isinstance(node.value, (str, bool)) or not isinstance(node.value, (int, float)) or node.value < 0:
        fail("not-a-number", "is no whole number from 0 on", node.place, "write it in digits, without quotes")
    return int(node.value)


def unsigned(node: Node) -> Node | None:
    """A whole number from 0 on that is printed also where it is 0."""
    return None if node.value is None else derived(_unsigned(node), node)


def counted(node: Node) -> Node | None:
    """A whole number from 0 on; 0 is left out."""
    return derived(found, node) if node.value is not None and (found := _unsigned(node)) else None


def weight(node: Node) -> Node | None:
    """A number of 16 bits: what does not fit in is cut off."""
    return derived(found, node) if node.value is not None and (found := _unsigned(node) % 2**16) else None


def decimal(node: Node) -> Node | None:
    """A number in single precision; 0 is left out."""
    if node.value is None:
        return None
    value = to_decimal(node) if isinstance(node.value, str) else node.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _wrong(node, "a number")
    short = single_precision(float(value))  # type: ignore[arg-type]
    return derived(int(short) if short.is_integer() else short, node) if short else None


def memory(node: Node) -> Node | None:
    """A size in bytes, as text."""
    found = size(node) if isinstance(node.value, str) else node.value if type(node.value) is int else 0
    return derived(str(found), node) if found else None


def _duration(node: Node) -> int:
    return duration(node, printed(node.plain()))


def kept_duration(node: Node) -> Node | None:
    """A duration that is printed also where it is 0."""
    return None if node.value is None else derived(printed_duration(_duration(node)), node)


def lasting(node: Node) -> Node | None:
    """A duration; 0 is left out."""
    return (
        derived(printed_duration(found), node)
        if node.value is not None and (found := _duration(node))
        else None
    )


def command(node: Node) -> Node | None:
    """A command as a list of words."""
    if isinstance(node.value, str):
        return derived([replace_origin(word, node) for word in shell_words(node)], node)
    if isinstance(node.value, list):
        return derived([derived(item.text, item) for item in node.value], node)
    return None


def replace_origin(value: str, node: Node) -> Node:
    return Node(value, node.origin)


def tested(node: Node) -> Node | None:
    """A health check's command; text goes to a shell."""
    if isinstance(node.value, str):
        return derived([replace_origin("CMD-SHELL", node), replace_origin(node.value, node)], node)
    return strings(node)


def strings(node: Node) -> Node | None:
    """A list of texts; one text is a list of one."""
    if isinstance(node.value, str):
        return derived([replace_origin(node.value, node)], node)
    return texts(node)


def texts(node: Node) -> Node | None:
    """A list of texts; numbers become text."""
    written = [derived(_text(item), item) for item in node.items]
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
            written[EXTENSIONS] = derived(content, next(iter(extensions.values())))
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
        name: derived(_text(child), child)
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
            if len(bare) > 2 and bare.startswith("[") and bare.endswith("]"):
                bare = bare[1:-1]
            written.append(derived(f"{name}={bare}", address))
    written.sort(key=lambda item: item.text)
    return derived(written, node) if written else None


def device_count(node: Node) -> Node | None:
    """How many devices; all of them are -1."""
    if isinstance(node.value, str):
        found = -1 if node.value.lower() == "all" else to_integer(node)
    else:
        found = _number(node)
    return derived(found, node) if found else None


def file_mode(node: Node) -> Node | None:
    """A file's mode in octal digits, as text."""
    if isinstance(node.value, str):
        try:
            found = int(node.value, 8) if "_" not in node.value else int("x")
        except ValueError:
            fail(
                "bad-mode",
                f"`{node.value}` is no mode of a file",
                node.place,
                'write it in octal digits: "0440"',
            )
    elif isinstance(node.value, bool) or not isinstance(node.value, int):
        _wrong(node, 'a mode in octal digits, as "0440",')
    else:
        found = node.value
    return derived(f"0{found:o}" if found >= 0 else f"0-{-found:o}", node)


def ulimit(node: Node) -> Node | None:
    """One number, or a soft and a hard one."""
    if isinstance(node.value, dict):
        written = {}
        for name in ("soft", "hard"):
            child = node.value.get(name)
            if child is not None:
                if type(child.value) is not int:
                    _wrong(child, "a whole number")
                if child.value:
                    written[name] = derived(child.value, child)
        return derived(written, node)
    if type(node.value) is not int:
        _wrong(node, "a whole number")
    return derived(node.value, node) if node.value else derived({}, node)


def ssh_keys(node: Node) -> Node | None:
    """The names of keys, with the file of each that has one."""
    written = [
        derived(name if child.value is None else f"{name}={printed(child.plain())}", child)
        for name, child in node.mapping.items()
    ]
    return derived(written, node) if written else None
