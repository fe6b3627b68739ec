"""Whether a text is a password, a key or a token."""

from __future__ import annotations

import re

from devkit.configuration.names import is_secret_name, snake

__all__ = ["HOLE", "holds_credential", "holds_password", "is_password"]

HOLE = "\0"
"""In a text: what is only known at run time."""

_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{30,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abeprs]-[\w-]{10,}|\b[rs]k_(?:live|test)_\w{16,}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{24,}|\bAIza[\w-]{35}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bnpm_[A-Za-z0-9]{30,}|\bwhsec_[A-Za-z0-9+/=]{20,}|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"
)
_HEADER = re.compile(r"(?:Bearer|Basic|Token)\s+(?=\S*\d)[\w.~+/=-]{8,}")
# A connection written as pairs, as libpq, ODBC and query strings have it.
_PAIR = re.compile(r"(?:^|[\s;&?])(?:password|passwd|pwd)=(?![{<$%*'\"]|\0)([^\s;&\0]+)", re.IGNORECASE)
# What headers and fields are called that hold a secret.
_FIELDS = re.compile(
    r"[Xx]-[\w-]+|(?:(?:access|refresh|id|csrf|api|client|auth|session|webhook|new|old|current|confirm|user|private|signing)[_-]?)?"
    r"(?:token|secret|password|key|credentials?|passphrase)",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*")


def holds_password(text: str) -> bool:
    """Whether a text is a connection's pairs with a password among them: `host=db password=…`."""
    return bool(_PAIR.search(text)) and text.count("=") > 1


def holds_credential(text: str) -> bool:
    """Whether a text holds what cannot be anything but a key or a token, wherever it stands."""
    return bool(_SHAPES.search(text) or _HEADER.fullmatch(text.strip()))


def is_password(text: str, name: str) -> bool:
    """A secret's name, and a value that is none of: empty, prose, the name of a variable, a header or of itself, a mark for a
    value. Tokens are also what parsers read, so a word is none."""
    value, bound = text.strip(), snake(name)
    if not value or HOLE in value or not is_secret_name(name) or snake(value) == bound:
        return False
    if bound.endswith("token") and not (len(value) >= 8 and re.search(r"\d", value)):
        return False
    return not (
        (bound == "credentials" and value in ("include", "omit", "same-origin"))  # fetch's
        or re.search(r"\s", value)
        or _CAPITALS.fullmatch(value)
        or _FIELDS.fullmatch(value)
        or re.fullmatch(r"<.*>|\*+|\{.*\}|\$.*|\.+", value)
    )
