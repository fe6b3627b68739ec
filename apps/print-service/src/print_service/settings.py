"""Settings of print-service."""

from __future__ import annotations

from common.settings import HttpUrl, OwnerSettings, Secret
from pydantic import Field

__all__ = ["Settings"]


class Settings(OwnerSettings):
    """Adds SimplyPrint's API, whose paths begin with the company's id."""

    simplyprint_api_url: HttpUrl = Field(description="an http(s):// URL")
    simplyprint_company_id: str = Field(pattern=r"^[0-9]+$", description="a number, as SimplyPrint shows it")
    simplyprint_api_key: Secret = Field(description="a secret, not blank")

    @property
    def simplyprint(self) -> str:
        """Base URL of the company's API."""
        return f"{self.simplyprint_api_url}/{self.simplyprint_company_id}"
