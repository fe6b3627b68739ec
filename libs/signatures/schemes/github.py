"""GitHub: hexadecimal HMAC-SHA256 of the raw body with the webhook's secret, behind `sha256=`.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

from dataclasses import replace

from signatures.generic import Claim, Generic

__all__ = ["SCHEME"]


class _GitHub(Generic):
    def sign_with_key(self, key: bytes, body: bytes, **_: object) -> dict[str, str]:
        """GitHub still sends `X-Hub-Signature` (SHA-1) for old receivers; it is not accepted here."""
        old = replace(self, header="X-Hub-Signature", algorithm="sha1", prefix="sha1=")
        return {each.header: each.signature(key, body, Claim()) for each in (old, self)}


SCHEME = _GitHub("X-Hub-Signature-256", prefix="sha256=")
