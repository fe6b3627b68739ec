"""Values as strangers send them: each type reads what can be read and is None otherwise, so one odd field spoils no other.

Text comes without what Postgres cannot store: NUL and halves of surrogate pairs become U+FFFD.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator

__all__ = [
    "UNREADABLE",
    "Count",
    "Flag",
    "Identifier",
    "Moment",
    "Money",
    "NotUnderstood",
    "Object",
    "Required",
    "Text",
    "json_object",
    "one_line",
]  # fmt: skip

UNREADABLE = -1
"""A count that is there and is none."""

_MOST = 1_000_000
_LONGEST_ID = 200
_MOST_DIGITS = 1000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_GLOBAL_ID = re.compile(r"gid://[^?]*/(\d+)(\?.*)?", re.ASCII)


class NotUnderstood(Exception):
    """A body does not hold what its topic promises. The text names the place, and holds nothing of the body."""


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, numbers with all their digits (int and Decimal). Raises NotUnderstood for anything else."""
    try:
        value = json.loads(body, parse_float=Decimal, parse_int=_integer)
    except RecursionError:
        raise NotUnderstood("the body is nested too deeply") from None
    except ValueError:
        raise NotUnderstood("the body is not JSON" if body.strip() else "the body is empty") from None
    if not isinstance(value, dict):
        raise NotUnderstood("the body is not a JSON object")
    return value


def one_line(value: str) -> str:
    """`value` in printable ASCII of at most 255 characters, as a header may hold it."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in value[:255])


def _integer(digits: str) -> int | Decimal:
    # Python refuses to make an int of very many digits.
    return int(digits) if len(digits) < _MOST_DIGITS else Decimal(digits)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value).strip()
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _identifier(value: object) -> str | None:
    if isinstance(value, str):
        found = _GLOBAL_ID.fullmatch(value.strip())
        value = found[1] if found else value.strip()
        return value if value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID else None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return str(value) if value < 10**_LONGEST_ID else None
    return None


def _count(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        value = int(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value) if abs(value) <= _MOST else UNREADABLE
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        return UNREADABLE
    return value


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value.strip() if isinstance(value, str) else value)
    except (InvalidOperation, ValueError):
        return None
    exponent = amount.as_tuple().exponent
    if not amount.is_finite() or not isinstance(exponent, int):
        return None
    return amount if exponent > -_MOST_DIGITS and amount.adjusted() < _MOST_DIGITS else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return moment and moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


Text = Annotated[str | None, BeforeValidator(_text)]
"""Text without white space around it; a number's digits."""

Identifier = Annotated[str | None, BeforeValidator(_identifier)]
"""A number's digits, however many up to 200; also that of `gid://shopify/Order/1`."""

Required = Annotated[str, BeforeValidator(_identifier)]
"""The same, without which there is nothing to understand: ValidationError where it is not."""

Count = Annotated[int | None, BeforeValidator(_count)]
"""0 to a million; None where there is nothing, UNREADABLE where there is something else."""

Money = Annotated[Decimal | None, BeforeValidator(_money)]
"""An amount with all its digits, up to a thousand on each side of the point."""

Moment = Annotated[datetime | None, BeforeValidator(_moment)]
"""ISO 8601, in UTC; without an offset it is taken for UTC."""

Flag = Annotated[bool | None, BeforeValidator(_flag)]
"""True or false."""

Object = BeforeValidator(_object)
"""For a nested model: what is no object is an empty one."""
