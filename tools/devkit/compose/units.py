"""Sizes, durations and shell words as Compose reads and prints them."""

from __future__ import annotations

import re
from typing import NoReturn

from devkit.compose.model import Node, fail

__all__ = ["duration", "printed_duration", "shell_words", "size"]

_SIZE = re.compile(
    r"(?P<number>[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?) ?(?P<unit>[^0-9. ]*)"
)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_NANOSECONDS = {
    "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 24 * 3600 * 10**9, "w": 168 * 3600 * 10**9,
}  # fmt: skip
_STEP = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]+)")
_LARGEST = 2**63


def size(node: Node) -> int:
    """`64m`, `1.5 GiB`, `1024`: bytes. Raises ComposeError."""
    match = _SIZE.fullmatch(node.text)
    unit = match["unit"].lower() if match else ""
    known = unit in ("", "b") or (unit[:1] in _POWERS and unit[1:] in ("", "b", "ib"))
    if match is None or not known or float(match["number"]) < 0:
        fail("bad-size", f"`{node.value}` is no size", node.place, "write it as 512m, 2g or in bytes")
    power = _POWERS.get(unit[:1], 0)
    return int(float(match["number"]) * 1024**power)


def duration(node: Node, text: str) -> int:
    """`1m30s`: nanoseconds. Raises ComposeError."""
    bare = text[1:] if text[:1] in ("-", "+") else text
    total, at = 0, 0
    if bare == "0":
        return 0
    while at < len(bare):
        match = _STEP.match(bare, at)
        if match is None or not (match[1] or match[2]) or match[3] not in _NANOSECONDS:
            break
        unit = _NANOSECONDS[match[3]]
        total += int(match[1] or 0) * unit
        if match[2]:
            total += int(float(int(match[2])) * (float(unit) / float(10 ** len(match[2]))))
        at = match.end()
    if at < len(bare) or not bare or total >= _LARGEST:
        fail("bad-duration", f"`{text}` is no duration", node.place, "write it as 30s, 1m30s or 500ms")
    return -total if text.startswith("-") else total


def printed_duration(nanoseconds: int) -> str:
    """`1m30s`, as Compose prints it."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest < 10**9:
        unit, scale = next((u, s) for u, s in (("ns", 10**3), ("µs", 10**6), ("ms", 10**9)) if rest < s)
        return f"{sign}{_decimal(rest, scale // 1000)}{unit}"
    seconds = rest % (60 * 10**9)
    minutes = rest // (60 * 10**9)
    text = f"{_decimal(seconds, 10**9)}s"
    if minutes:
        text = f"{minutes % 60}m{text}"
    if minutes >= 60:
        text = f"{minutes // 60}h{text}"
    return sign + text


def _decimal(number: int, unit: int) -> str:
    whole, rest = divmod(number, unit)
    digits = len(str(unit)) - 1
    fraction = f"{rest:0{digits}}".rstrip("0") if digits else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def shell_words(node: Node) -> list[str]:
    """A command written as text, as its words.

    The rules are those of Compose's own parser, which differ from a shell's (and from shlex): a backslash escapes between double
    quotes too, back quotes and `$(` hold together what is in them, and `;`, `&`, `|`, `<` and `>` end the command.
    Raises ComposeError when a quote is not closed.
    """
    words: list[str] = []
    word = ""
    escaped = single = double = back = dollar = started = False
    for character in node.text:
        if escaped:
            word, escaped, started = word + character, False, True
            continue
        if character == "\\":
            if single:
                word += character
            else:
                escaped = True
            continue
        quoted = single or double or back or dollar
        if character in " \t\r\n":
            if quoted:
                word += character
            elif started:
                words.append(word)
                word, started = "", False
            continue
        if character == "`" and not (single or double or dollar):
            back = not back
        elif character == ")" and not (single or double or back):
            dollar = not dollar
        elif character == "(" and not (single or double or back):
            if dollar or not word.endswith("$"):
                _unclear(node)
            dollar = True
            word += "("
            continue
        elif character == '"' and not (single or dollar):
            started = started or double
            double = not double
            continue
        elif character == "'" and not (double or dollar):
            started = started or single
            single = not single
            continue
        elif character in ";&|<>" and not quoted:
            if character == ">" and word[:1].isdigit():
                started = False
            break
        started = True
        word += character
    if started:
        words.append(word)
    if escaped or single or double or back or dollar:
        _unclear(node)
    return words


def _unclear(node: Node) -> NoReturn:
    fix = "close it, or write the command as a list"
    fail("bad-command", f"`{node.value}` has a quote or a bracket that is not closed", node.place, fix)
