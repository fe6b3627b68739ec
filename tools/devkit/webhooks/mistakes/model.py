"""A request whose signature is looked into, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from signatures import Generic, Scheme
from signatures.headers import combined, seconds

__all__ = ["Cause", "ReceivedRequest"]


@dataclass(frozen=True)
class Cause:
    """Why a signature is invalid. `name` is stable; `fix` is in the imperative. No secret's value is in either."""

    name: str
    message: str
    fix: str


@dataclass(frozen=True)
class ReceivedRequest:
    """What came in, and the secret that should have signed it. `others` are further secrets of this clone by name, `now` is seconds
    since 1970."""

    scheme: Scheme
    headers: tuple[tuple[str, str], ...]
    body: bytes
    secret: str
    secret_name: str
    now: float
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, str]:
        """Header names in small letters → value; a doubled one's values are joined."""
        return combined(self.headers)

    @property
    def signature(self) -> str:
        """The signature as it came; empty when there is none."""
        found = self.by_name
        return next(
            (found[n.lower()] for n in self.scheme.signature_headers if n.lower() in found), ""
        ).strip()

    def fits(
        self,
        *,
        scheme: Scheme | None = None,
        secret: str | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        signature: str | None = None,
    ) -> bool:
        """Whether the signature would be valid with another part in place of one of the request's own, at the time that was signed."""
        scheme = scheme or self.scheme
        headers = dict(self.by_name if headers is None else headers)
        if signature is not None:
            for name in scheme.signature_headers:
                headers.pop(name.lower(), None)
            headers[scheme.signature_headers[0].lower()] = signature
        return scheme.verify(
            self.secret if secret is None else secret,
            self.body if body is None else body,
            headers,
            now=_signed_at(scheme, headers) or self.now,
        )

    @property
    def signed_at(self) -> int | None:
        """The time that was signed, in seconds since 1970."""
        return _signed_at(self.scheme, self.by_name)


def _signed_at(scheme: Scheme, headers: Mapping[str, str]) -> int | None:
    claim = scheme.claim(headers) if isinstance(scheme, Generic) else None
    return seconds(claim.timestamp) if claim else None
