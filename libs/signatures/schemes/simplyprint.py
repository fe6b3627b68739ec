"""SimplyPrint: the shared secret itself travels in a header; there is no HMAC over the body."""

from __future__ import annotations

from collections.abc import Mapping

from signatures.headers import blank, first, same
from signatures.protocol import BlankSecret

__all__ = ["SCHEME"]

# The API documentation names the first, the help page the second.
_HEADERS = ("X-SP-Secret", "X-SP-Token")


class _SimplyPrint:
    signature_headers: tuple[str, ...] = _HEADERS

    def sign(self, secret: str, body: bytes, **_: object) -> dict[str, str]:
        if blank(secret):
            raise BlankSecret
        return {_HEADERS[0]: secret}

    def verify(
        self, secret: str, body: bytes, headers: Mapping[str, str], *, now: float | None = None
    ) -> bool:
        return not blank(secret) and same(secret, first(headers, *_HEADERS))


SCHEME = _SimplyPrint()
