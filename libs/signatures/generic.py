"""The scheme that most providers have, each with its own settings: an HMAC in a header."""

from __future__ import annotations

import base64
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from signatures.headers import blank, first, raw, same, seconds
from signatures.protocol import BlankSecret

__all__ = ["ALGORITHMS", "ENCODINGS", "Claim", "Generic"]

ALGORITHMS = ("sha1", "sha256", "sha512")
# How a digest is written.
_ENCODERS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
}
ENCODINGS = tuple(_ENCODERS)

_PART = re.compile(r"\{(id|timestamp|body)\}")


@dataclass(frozen=True)
class Claim:
    """What a request says about itself and signs with its body: its id and its time, as text. Empty if the scheme has none."""

    message_id: str = ""
    timestamp: str = ""


@dataclass(frozen=True)
class Generic:
    """HMAC with `algorithm`, written in `encoding` behind `prefix`, in `header` (or one of `aliases`).

    `signed` is what the HMAC is computed over: text in which `{body}`, `{timestamp}` and `{id}` stand for those.
    `timestamp_header` carries the time in seconds since 1970, `id_header` the id. With a `tolerance` (seconds; 0: none),
    a time that is further from now is refused. base64url is written without padding. `separator` stands between several
    signatures in one header, as there are while a secret is replaced; empty: there is only ever one.
    """

    header: str
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    aliases: tuple[str, ...] = ()
    timestamp_header: str = ""
    tolerance: int = 0
    id_header: str = ""
    signed: str = "{body}"
    separator: str = ""

    @property
    def signature_headers(self) -> tuple[str, ...]:
        """The header's name, and its aliases."""
        return (self.header, *self.aliases)

    def sign(self, secret: str, body: bytes, *, message_id: str = "", timestamp: int = 0) -> dict[str, str]:
        """The headers that the provider would send along with `body`. Raises `BlankSecret`."""
        if self.blank(secret):
            raise BlankSecret
        key = self.key(secret) or raw(secret)
        return self.sign_with_key(key, body, message_id=message_id, timestamp=timestamp)

    def sign_with_key(
        self, key: bytes, body: bytes, *, message_id: str = "", timestamp: int = 0
    ) -> dict[str, str]:
        """The same with the HMAC's key itself, whatever it is: also what a sender without a secret could make."""
        claim = Claim(message_id if self.id_header else "", str(timestamp) if self.timestamp_header else "")
        found = {self.id_header: claim.message_id, self.timestamp_header: claim.timestamp}
        found.pop("", None)
        return {**found, self.header: self.signature(key, body, claim)}

    def verify(
        self, secret: str, body: bytes, headers: Mapping[str, str], *, now: float | None = None
    ) -> bool:
        """True when `headers` hold a valid signature of `body`."""
        key, claim = self.key(secret), self.claim(headers)
        if self.blank(secret) or not key or claim is None or not self.in_time(claim, now):
            return False
        expected = self.signature(key, body, claim)
        # Every signature is looked at, so that the time it takes does not tell which one was right.
        fits = [same(expected, offered) for offered in self.offered(headers)]
        return any(fits)

    def blank(self, secret: str) -> bool:
        """Whether the secret is blank: empty, or white space only."""
        return blank(secret)

    def key(self, secret: str) -> bytes:
        """The HMAC's key; empty when the secret is not usable."""
        return raw(secret)

    def claim(self, headers: Mapping[str, str]) -> Claim | None:
        """The id and the time that came with a body; None when one is missing, or the time is not a number."""
        message_id, timestamp = _said(headers, self.id_header), _said(headers, self.timestamp_header)
        if self.id_header and not message_id:
            return None
        if self.timestamp_header and seconds(timestamp) is None:
            return None
        return Claim(message_id, timestamp)

    def offered(self, headers: Mapping[str, str]) -> list[str]:
        """The signatures in the headers, prefix included."""
        value = first(headers, *self.signature_headers)
        return [] if value is None else [value]

    def in_time(self, claim: Claim, now: float | None = None) -> bool:
        """Whether the signed time is within the tolerance."""
        if not self.tolerance:
            return True
        then = seconds(claim.timestamp)
        return then is not None and abs((time.time() if now is None else now) - then) <= self.tolerance

    def signature(self, key: bytes, body: bytes, claim: Claim) -> str:
        """The signature of a body as it is sent, prefix included."""
        values = {"id": raw(claim.message_id), "timestamp": raw(claim.timestamp), "body": body}
        # Every second piece is the name of a part.
        pieces = _PART.split(self.signed)
        content = b"".join(values[piece] if n % 2 else raw(piece) for n, piece in enumerate(pieces))
        return self.prefix + self.written(hmac.digest(key, content, self.algorithm))

    def written(self, digest: bytes) -> str:
        """A digest as text."""
        return _ENCODERS[self.encoding](digest)


def _said(headers: Mapping[str, str], name: str) -> str:
    return (first(headers, name) or "").strip() if name else ""
