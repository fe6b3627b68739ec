"""Standard Webhooks: base64 HMAC-SHA256 of id, time and body; the key is base64 behind `whsec_`.

Svix, where the standard comes from, and those who send by it name the three headers `svix-…`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

from signatures.generic import Claim, Generic
from signatures.headers import blank, first

__all__ = ["SCHEME"]


class _StandardWebhooks(Generic):
    def blank(self, secret: str) -> bool:
        """Also with nothing behind `whsec_`."""
        return blank(secret.strip().removeprefix("whsec_").rstrip("="))

    def key(self, secret: str) -> bytes:
        """The bytes behind `whsec_`: base64, URL-safe too, with or without padding; empty for anything else."""
        text = secret.removeprefix("whsec_").replace("-", "+").replace("_", "/").rstrip("=")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError:
            return b""

    def claim(self, headers: Mapping[str, str]) -> Claim | None:
        """Id and time from headers of one family: a signature never goes with another family's id."""
        svix = first(headers, self.header) is None and first(headers, *self.aliases) is not None
        family = replace(self, id_header="svix-id", timestamp_header="svix-timestamp") if svix else self
        return Generic.claim(family, headers)

    def offered(self, headers: Mapping[str, str]) -> list[str]:
        """While a secret is being replaced there are several, separated by spaces."""
        return [part for value in super().offered(headers) for part in value.split(self.separator)]


SCHEME = _StandardWebhooks(
    "webhook-signature",
    encoding="base64",
    prefix="v1,",
    aliases=("svix-signature",),
    timestamp_header="webhook-timestamp",
    tolerance=300,
    id_header="webhook-id",
    signed="{id}.{timestamp}.{body}",
    separator=" ",
)
