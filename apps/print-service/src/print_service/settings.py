"""Settings of print-service."""

from __future__ import annotations

from common.settings import HttpUrl, OwnerSettings, Secret
from pydantic import Field

__all__ = ["Settings"]


class Settings(OwnerSettings):
    """Adds SimplyPrint's API.

    Its real base URL holds the company's id: `https://api.simplyprint.io/<company>`.
    """

    simplyprint_api_url: HttpUrl = Field(description="an http(s):// URL")
    simplyprint_api_key: Secret = Field(description="a secret, not blank")
