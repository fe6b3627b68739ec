"""Settings of provider-sim."""

from __future__ import annotations

from common.settings import DatabaseSettings, HttpUrl, Secret
from pydantic import Field

__all__ = ["Settings"]

_SECRET = "a secret, not blank"  # noqa: S105 - the words of an error message
_URL = "an http(s):// URL"


class Settings(DatabaseSettings):
    """Adds where its state is, where each provider's webhooks go and what signs them, and how fast time runs."""

    sim_speed: float = Field(ge=0, le=1_000_000, description="a number, 0 or more")
    simplyprint_webhook_url: HttpUrl = Field(description=_URL)
    simplyprint_webhook_token: Secret = Field(description=_SECRET)
    shopify_webhook_url: HttpUrl = Field(description=_URL)
    shopify_client_secret: Secret = Field(description=_SECRET)
    sendcloud_webhook_url: HttpUrl = Field(description=_URL)
    sendcloud_secret_key: Secret = Field(description=_SECRET)
