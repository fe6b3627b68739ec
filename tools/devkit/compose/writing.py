"""How Compose prints texts, numbers and switches: sizes in bytes, durations as 1m30s, what is empty not at all."""

from __future__ import annotations

import math
from typing import NoReturn

from devkit.compose.interpolate import to_decimal, to_integer, to_switch
from devkit.compose.model import Node, derived, fail, shown
from devkit.compose.scalars import printed, single_precision
from devkit.compose.units import duration, printed_duration, size

__all__ = [
    "as_text",
    "counted",
    "decimal",
    "device_count",
    "file_mode",
    "kept_duration",
    "kept_number",
    "kept_switch",
    "lasting",
    "memory",
    "number",
    "refuse",
    "switch",
    "text",
    "unsigned",
    "weight",
]


def refuse(node: Node, wanted: str) -> NoReturn:
    """Raises ComposeError: something else belongs there."""
    fail("type", f"is {shown(node)}; {wanted} belongs there", node.place)


def text(node: Node) -> Node | None:
    """Text; a number becomes text. Empty text is left out."""
    if node.value is None or node.value == "":
        return None
    return derived(as_text(node), node)


def as_text(node: Node) -> str:
    """A text or a number as text. Raises ComposeError for anything else."""
    if isinstance(node.value, bool) or not isinstance(node.value, (str, int)):
        if node.value is None:
            return ""
        refuse(node, "text")
    return str(node.value)


def _switch(node: Node) -> bool:
    if isinstance(node.value, str):
        return to_switch(node)
    if not isinstance(node.value, bool):
        refuse(node, "true or false")
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
        refuse(node, "a whole number")
    return int(node.value)


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
        refuse(node, "a number")
    if not math.isfinite(value):
        refuse(node, "a number that has digits")
    short = single_precision(float(value))
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
        refuse(node, 'a mode in octal digits, as "0440",')
    else:
        found = node.value
    return derived(f"0{found:o}" if found >= 0 else f"0-{-found:o}", node)
