"""Ids of findings that have been renamed. What takes an id still takes the former one, and version 1 of the JSON report writes it,
until 2027-11."""

from __future__ import annotations

__all__ = ["current_id", "former_id"]

# The last part of an id (`shopify.missing-signature`): today's, and the one before.
_FORMER = {
    "missing-signature": "missing-proof",
    "empty-signature": "empty-proof",
    "truncated-signature": "truncated-proof",
    "extended-signature": "extended-proof",
    "doubled-signature": "doubled-proof",
    "other-body-signature": "proof-of-another",
    "no-signature": "no-proof",
    "wrong-length-signature": "proof-cut",
    "misencoded-signature": "proof-written-otherwise",
}
_CURRENT = {former: current for current, former in _FORMER.items()}


def current_id(id: str) -> str:
    """Today's id for a former one; any other id as it is."""
    return _renamed(id, _CURRENT)


def former_id(id: str) -> str:
    """The former id for a renamed one; any other id as it is."""
    return _renamed(id, _FORMER)


def _renamed(id: str, names: dict[str, str]) -> str:
    head, dot, last = id.rpartition(".")
    return head + dot + names.get(last, last)
