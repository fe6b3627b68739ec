"""Settings of shipping-service."""

from __future__ import annotations

from common.settings import HttpUrl, OwnerSettings, Secret
from pydantic import Field

__all__ = ["Settings"]


class Settings(OwnerSettings):
    """Adds Sendcloud's API."""

    sendcloud_api_url: HttpUrl = Field(description="an http(s):// URL")
    sendcloud_public_key: Secret = Field(description="a secret, not blank")
    sendcloud_secret_key: Secret = Field(description="a secret, not blank")
