"""Scalars as Compose's YAML reader takes them, and as its printer writes them."""

from __future__ import annotations

import re
import struct
from datetime import datetime

__all__ = ["Timestamp", "printed", "resolve", "single_precision"]

_SPECIAL: dict[str, str | int | float | bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
    ".inf": float("inf"), ".Inf": float("inf"), ".INF": float("inf"),
    "+.inf": float("inf"), "+.Inf": float("inf"), "+.INF": float("inf"),
    "-.inf": float("-inf"), "-.Inf": float("-inf"), "-.INF": float("-inf"),
}  # fmt: skip
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?)"
)
_SIGNED, _UNSIGNED = 2**63, 2**64
_FIRST = "+-.0123456789~nNtTfF"


class Timestamp(str):
    """Text that Compose's YAML reader takes for a date, which no field of a Compose file takes."""

    __slots__ = ()


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a scalar without quotes: YAML 1.2, with the octals (`0777`) and underscores of 1.1."""
    if text and text[0] not in _FIRST:
        return text
    if text in _SPECIAL:
        return _SPECIAL[text]
    if text[0] in "~nNtTfF":
        return text
    if text[0] == ".":
        return float(text) if _FLOAT.fullmatch(text) else text
    if _is_moment(text):
        return Timestamp(text)
    plain = text.replace("_", "")
    if match := _INTEGER.fullmatch(plain):
        sign, *digits = match.groups()
        number = next(int(found, base) for found, base in zip(digits, (16, 2, 8, 10), strict=True) if found)
        number = -number if sign == "-" else number
        if -_SIGNED <= number < (_SIGNED if sign else _UNSIGNED):
            return number
    return float(plain) if _FLOAT.fullmatch(plain) else text


def _is_moment(text: str) -> bool:
    match = _DATE.fullmatch(text) or _MOMENT.fullmatch(text)
    if match is None:
        return False
    try:
        datetime(*(int(part) for part in match.groups() if part is not None))  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


def printed(value: object) -> str:
    """A value as text, where Compose makes a number or a switch of a label, a variable … into text."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case float():
            return _general(value)
        case list():
            return "[" + " ".join(printed(item) for item in value) + "]"
        case dict():
            return "map[" + " ".join(f"{name}:{printed(value[name])}" for name in sorted(value)) + "]"
        case _:
            return str(value)


_SMALLEST, _LARGEST = -4, 6


def _general(number: float) -> str:
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, exponent = _parts(number)
    if exponent < _SMALLEST or exponent >= _LARGEST:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _parts(number: float) -> tuple[str, str, int]:
    """Sign, the fewest digits that say the number, and the power of ten of the first of them."""
    if number == 0:
        return ("-" if str(number).startswith("-") else ""), "0", 0
    mantissa, _, exponent = f"{number!r}".lower().lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = (int(exponent) if exponent else 0) + len(whole) - 1
    if not whole.strip("0"):
        power -= len(whole + fraction) - len(whole) - len(fraction.lstrip("0")) + 1
    return ("-" if number < 0 else ""), digits.rstrip("0") or "0", power


def single_precision(number: float) -> float:
    """The shortest decimal of the nearest number of 32 bits: what a field of that size is printed as."""
    try:
        narrow = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return number
    for digits in range(1, 10):
        short = float(f"{narrow:.{digits}g}")
        if struct.unpack("f", struct.pack("f", short))[0] == narrow:
            return short
    return float(narrow)
