"""Header lookup without case, and comparison in constant time."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping

__all__ = ["blank", "combined", "first", "raw", "same", "seconds"]

# Digits of a time in seconds; more are no time, and Python refuses to read thousands of them.
_LONGEST = 15


def blank(secret: str) -> bool:
    """Whether a secret is empty, or white space only."""
    return not secret.strip()


def combined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as they came in → one value per name, in lower case: repeated headers are joined by a comma (RFC 9110, 5.3),
    so that a signature that is sent twice is invalid."""
    found: dict[str, str] = {}
    for name, value in pairs:
        lowered = name.lower()
        found[lowered] = f"{found[lowered]}, {value}" if lowered in found else value
    return found


def first(headers: Mapping[str, str], *wanted: str) -> str | None:
    """The value of the first of `wanted` that is there, names compared without case; None when none is."""
    lowered = {name.lower(): value for name, value in headers.items()}
    for name in wanted:
        value = lowered.get(name.lower())
        if value is not None:
            return value
    return None


def raw(text: str) -> bytes:
    """Text as UTF-8. Bytes that are not UTF-8 come back unchanged (`surrogateescape`); whatever else a `str` can hold
    gives some bytes too, and no error."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def same(expected: str, received: str | None) -> bool:
    """Compares in constant time. A missing or empty value is never the same."""
    if not expected or not received:
        return False
    return hmac.compare_digest(raw(expected), raw(received.strip()))


def seconds(text: str) -> int | None:
    """A time in whole seconds since 1970 as a header says it; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST else None
