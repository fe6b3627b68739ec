"""Interpolation: `$NAME`, `${NAME}`, `${NAME:-default}` and its kin, as Compose does it, quirks included."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from devkit.compose.model import Source, Variable

__all__ = ["Missing", "Unclear", "Use", "substitute"]

_PATTERN = re.compile(
    r"\$(?i:(?P<escaped>\$)|(?P<named>[_a-z][_a-z0-9]*)"
    r"|\{(?:(?P<braced>[_a-z][_a-z0-9]*(?::?[-+?](.*))?)\}|(?P<invalid>)))"
)
_OPERATORS = (":?", "?", ":-", "-", ":+", "+")

Lookup = Callable[[str], Variable]


class Missing(Exception):
    """`${NAME:?message}` without a value."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self.name = name
        self.reason = reason


class Unclear(Exception):
    """A `${` that begins no variable."""


@dataclass
class Use:
    """The variables that were looked up, in order, and those that were used without a value."""

    variables: dict[str, Variable] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)


def substitute(text: str, lookup: Lookup, use: Use | None = None) -> str:
    """The text with its variables replaced. Raises Missing or Unclear."""
    if "$" not in text:
        return text
    use = use if use is not None else Use()
    failures: list[Exception] = []

    def replace(match: re.Match[str]) -> str:
        try:
            return _replacement(match.group(), lookup, use)
        except (Missing, Unclear) as failure:
            failures.append(failure)
            return ""

    result = _PATTERN.sub(replace, text)
    if failures:
        raise failures[0]
    return result


def _replacement(found: str, lookup: Lookup, use: Use) -> str:
    # Which operator counts is looked for in all that the pattern found, which may reach over several variables.
    operator = min(
        (name for name in _OPERATORS if name in found),
        key=lambda name: (found.index(name), _OPERATORS.index(name)),
        default=":?",
    )
    end = _closing_brace(found)
    rest = ""
    if end >= 0:
        found, rest = found[: end + 1], found[end + 1 :]
    match = _PATTERN.search(found)
    if match is None:
        raise Unclear
    if match["escaped"]:
        return match["escaped"]
    name = match["named"]
    if not name:
        name = match["braced"]
        if not name:
            raise Unclear
        if operator in name:
            return _applied(name, operator, lookup, use) + substitute(rest, lookup, use)
    variable = _look(name, lookup, use)
    if variable.value is None:
        use.blank.append(name)
    return variable.value or ""


def _applied(inside: str, operator: str, lookup: Lookup, use: Use) -> str:
    name, _, other = inside.partition(operator)
    inner = Use()
    other = substitute(other, lookup, inner)  # also where it is not needed: what is wrong in there counts
    variable = _look(name, lookup, use)
    value = variable.value
    usable = value is not None and (bool(value) or not operator.startswith(":"))
    if operator.endswith("?"):
        if not usable:
            raise Missing(name, other)
        return value or ""
    takes_other = usable if operator.endswith("+") else not usable
    if takes_other:
        use.variables.update(inner.variables)
        use.blank += inner.blank
        if operator.endswith("-"):
            use.variables[name] = Variable(name, other, Source.DEFAULT)
        return other
    use.blank += inner.blank
    return value or ""


def _look(name: str, lookup: Lookup, use: Use) -> Variable:
    use.variables[name] = found = lookup(name)
    return found


def _closing_brace(text: str) -> int:
    depth = index = 0
    while index < len(text):
        if text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
        if text[index] == "{":
            depth += 1
            index += 1
        index += 1
    return -1
