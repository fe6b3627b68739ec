"""How findings speak of keys and values."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from devkit.table.source_map import Path

__all__ = [
    "KINDS",
    "as_yaml",
    "closest",
    "described",
    "first_repeated",
    "kind_of",
    "label",
    "listed",
    "shown",
]

KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` was probably meant to be."""
    folded = {other.lower().replace("_", "-"): other for other in names}
    found = difflib.get_close_matches(name.lower().replace("_", "-"), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def listed(names: Iterable[str]) -> str:
    """`a`, `b` and `c`, in the order given."""
    quoted = [f"`{name}`" for name in names]
    return (
        quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1] if quoted else "none"
    )


def described(path: Path) -> str:
    """What a mapping is called in a sentence."""
    if not path:
        return "the table"
    parent = path[-2] if len(path) > 1 else None
    kinds = {"services": "service", "secrets": "secret", "env": "variable", "config": "variable"}
    kinds |= {"webhooks": "webhook", "webhook_providers": "provider"}
    kind = kinds.get(str(parent))
    return f"{kind} `{path[-1]}`" if kind else label(path)


def label(path: Path) -> str:
    if not path:
        return "the table"
    last = path[-1]
    return f"item {last + 1} of `{path[-2]}`" if isinstance(last, int) else f"`{last}`"


def kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    names = {bool: "true or false", int: "the number", float: "the number", str: "the text"}
    names |= {list: "a list", dict: "a mapping"}
    name = names[type(value)]
    return as_yaml(value) if isinstance(value, bool) else f"{name} {shown(value)}" if "the" in name else name


def first_repeated(values: Any) -> str:
    return next((shown(v) for i, v in enumerate(values) if v in values[:i]), "something")


def as_yaml(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | None) else str(value)


def shown(value: Any) -> str:
    text = as_yaml(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
