"""Kubernetes quantities: `250m`, `0.5`, `256Mi`, `1G`, `1e9`."""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["parse_quantity", "quantity_fix"]

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:(?P<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]{1,2}))?",
    re.ASCII,
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def parse_quantity(text: str) -> Decimal:
    """The amount, in cores or bytes.

    >>> parse_quantity("250m"), parse_quantity("1Ki"), parse_quantity("1e3")
    (Decimal('0.250'), Decimal('1024'), Decimal('1E+3'))

    Raises ValueError for anything that Kubernetes would refuse.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None or len(text) > 40:
        raise ValueError(f"not a quantity: {text[:40]!r}")
    number = Decimal(match["number"])
    if match["suffix"] in _BINARY:
        return number * Decimal(1024) ** _BINARY[match["suffix"]]
    exponent = int(match["exponent"] or 0) + _DECIMAL.get(match["suffix"] or "", 0)
    return number.scaleb(exponent)


def quantity_fix(text: str, what: str) -> str:
    """What the writer of a bad quantity may have meant."""
    found = re.match(r"\s*([0-9]*\.?[0-9]+)\s*([A-Za-z]*)", text)
    if found:
        number, unit = found[1], found[2].lower()
        for beginning, suffix in (
            ("m", "m" if what == "cpu" else "Mi"),
            ("g", "Gi"),
            ("k", "Ki"),
            ("t", "Ti"),
        ):
            if unit.startswith(beginning) and (what != "cpu" or beginning == "m"):
                return f"did you mean `{number}{suffix}`?"
    return "write cores as `250m` or `0.5`" if what == "cpu" else "write it as `256Mi` or `1Gi`"
