"""Data → YAML in different spellings: flow and block style, quotes, anchors, aliases, merge keys, tags."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any

__all__ = ["Alias", "Anchor", "Raw", "Tagged", "write"]


@dataclass(frozen=True)
class Raw:
    """A scalar as it is written."""

    text: str


@dataclass(frozen=True)
class Tagged:
    """A value behind a tag."""

    tag: str
    value: Any


@dataclass(frozen=True)
class Anchor:
    """A value that is named, to be used again."""

    name: str
    value: Any


@dataclass(frozen=True)
class Alias:
    """What a name stands for."""

    name: str


_PLAIN = re.compile(r"[A-Za-z_/.][A-Za-z0-9_/.+@=-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan", ".", "="}


def write(value: Any, random: Random, indent: int = 0) -> str:
    """The value as it stands behind a key: with a line end and indentation in front where it needs them."""
    pad = "  " * indent
    if isinstance(value, Tagged):
        return f" {value.tag}{write(value.value, random, indent)}"
    if isinstance(value, Anchor):
        return f" &{value.name}{write(value.value, random, indent)}"
    if isinstance(value, (dict, list)) and (not value or (random.random() < 0.12 and _can_flow(value))):
        return " " + _flow(value, random)
    if isinstance(value, dict):
        return "".join(
            f"\n{pad}{_key(name, random)}:{write(child, random, indent + 1)}" for name, child in value.items()
        )
    if isinstance(value, list):
        return "".join(f"\n{pad}-{_item(child, random, indent)}" for child in value)
    return " " + _scalar(value, random, flow=False)


def _item(child: Any, random: Random, indent: int) -> str:
    return write(child, random, indent + 1)


def _can_flow(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_can_flow(child) for child in value.values())
    if isinstance(value, list):
        return all(_can_flow(child) for child in value)
    return not isinstance(value, (Tagged, Anchor, Alias, Raw))


def _flow(value: Any, random: Random) -> str:
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{_key(name, random)}: {_flow(child, random)}" for name, child in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_flow(child, random) for child in value) + "]"
    return _scalar(value, random, flow=True)


def _key(name: str, random: Random) -> str:
    return name if name in ("<<", "'<<'") else _text(name, random)


def _scalar(value: Any, random: Random, *, flow: bool) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Alias):
        return f"*{value.name}"
    if value is None:
        return random.choice(["null", "~"] if flow else ["null", "~", ""])
    if isinstance(value, bool):
        return random.choice(["true", "True"] if value else ["false", "FALSE"])
    if isinstance(value, (int, float)):
        return str(value)
    return _text(value, random)


def _text(text: str, random: Random) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and random.random() < 0.8:
        return text
    if "\n" not in text and "\\" not in text and random.random() < 0.5:
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=False)
