"""A project as `docker compose config --format json` prints it, to the byte."""

from __future__ import annotations

import json
import math

from devkit.compose.model import Node

__all__ = ["as_json"]

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SMALL, _LARGE = 1e-6, 1e21


def as_json(project: Node, *, escape_dollars: bool = True) -> str:
    """JSON with two spaces. `escape_dollars`: `$` is printed as `$$`, so that the result can be read as a Compose file."""
    text = _value(project, "")
    return text.replace("$", "$$") if escape_dollars else text


def _value(node: Node, indent: str) -> str:
    inner = indent + "  "
    if isinstance(node.value, dict):
        if not node.value:
            return "{}"
        entries = [f"{inner}{_text(name)}: {_value(child, inner)}" for name, child in node.value.items()]
        return "{\n" + ",\n".join(entries) + f"\n{indent}}}"
    if isinstance(node.value, list):
        if not node.value:
            return "[]"
        return "[\n" + ",\n".join(inner + _value(child, inner) for child in node.value) + f"\n{indent}]"
    if isinstance(node.value, str):
        return _text(node.value)
    if isinstance(node.value, float):
        return _float(node.value)
    return json.dumps(node.value)


def _text(text: str) -> str:
    return "".join(_ESCAPES.get(c, c) for c in json.dumps(text, ensure_ascii=False).replace("\x7f", "\x7f"))


def _float(number: float) -> str:
    if number == 0 or not math.isfinite(number):
        return "0"
    if _SMALL <= abs(number) < _LARGE:
        text = f"{number:.17f}".rstrip("0").rstrip(".")
        short = repr(number)
        return text if "e" in short else short.removesuffix(".0")
    mantissa, _, exponent = repr(number).partition("e")
    sign = exponent[0] if exponent[:1] in "+-" else "+"
    return f"{mantissa.removesuffix('.0')}e{sign}{exponent.lstrip('+-').lstrip('0').rjust(2, '0') if sign == '+' else exponent.lstrip('-').lstrip('0')}"
