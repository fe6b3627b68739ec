"""Settings of provider-sim."""

from __future__ import annotations

from common.settings import HttpUrl, Secret, StorageSettings
from pydantic import Field

__all__ = ["Settings"]

_SECRET = "a secret, not blank"  # noqa: S105 - the words of an error message


class Settings(StorageSettings):
    """Adds where webhooks go, what signs them, and how fast time runs."""

    gateway_url: HttpUrl = Field(description="an http(s):// URL")
    sim_speed: float = Field(ge=0, le=1_000_000, description="a number, 0 or more")
    simplyprint_webhook_token: Secret = Field(description=_SECRET)
    sendcloud_secret_key: Secret = Field(description=_SECRET)
