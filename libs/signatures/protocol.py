"""What every signature scheme can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

__all__ = ["BlankSecret", "Scheme"]


class BlankSecret(ValueError):
    """The secret is empty, or white space only: anybody could sign with it."""

    def __init__(self) -> None:
        super().__init__("the secret is blank: it is empty, or white space alone")


class Scheme(Protocol):
    """Signs a webhook's raw body, and verifies that one comes from its provider.

    Both methods work on the raw bytes, before any parsing. Only `sign` raises: `BlankSecret`.
    A scheme that signs an id or a time besides the body takes `message_id` and `timestamp` (seconds since 1970); the others
    ignore them.
    """

    @property
    def signature_headers(self) -> tuple[str, ...]:
        """The names that a signature travels under, the usual one first."""
        ...

    def sign(
        self, secret: str, body: bytes, *, message_id: str = ..., timestamp: int = ...
    ) -> dict[str, str]:
        """The headers that the provider would send along with `body`. Raises `BlankSecret`."""
        ...

    def verify(
        self, secret: str, body: bytes, headers: Mapping[str, str], *, now: float | None = ...
    ) -> bool:
        """True when `headers` (names in any case) hold a valid signature of `body`. With a blank secret none is valid.

        A scheme with a tolerance compares the time that was signed with `now` (seconds since 1970; None: the clock's).
        """
        ...
