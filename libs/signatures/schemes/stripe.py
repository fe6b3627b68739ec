"""Stripe: hexadecimal HMAC-SHA256 of time and body; time and signatures share a header, `t=…,v1=…`.

https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

from collections.abc import Mapping

from signatures.generic import Claim, Generic
from signatures.headers import seconds

__all__ = ["SCHEME"]


class _Stripe(Generic):
    def sign_with_key(self, key: bytes, body: bytes, *, timestamp: int = 0, **_: object) -> dict[str, str]:
        """The header with time and signature."""
        claim = Claim(timestamp=str(timestamp))
        return {self.header: f"t={claim.timestamp},{self.signature(key, body, claim)}"}

    def claim(self, headers: Mapping[str, str]) -> Claim | None:
        """The time. A header that came twice has two times, and then neither counts."""
        match [part[2:] for part in self._parts(headers) if part.startswith("t=")]:
            case [time] if seconds(time) is not None:
                return Claim(timestamp=time)
        return None

    def offered(self, headers: Mapping[str, str]) -> list[str]:
        """While a secret is being replaced there are several. Other schemes (`v0`) are for Stripe's tests."""
        return [part for part in self._parts(headers) if part.startswith(self.prefix)]

    def _parts(self, headers: Mapping[str, str]) -> list[str]:
        return [part.strip() for value in super().offered(headers) for part in value.split(self.separator)]


# Stripe's own libraries take a time that is still to come; nobody sends one.
SCHEME = _Stripe("Stripe-Signature", prefix="v1=", tolerance=300, signed="{timestamp}.{body}", separator=",")
