"""Settings of order-service."""

from __future__ import annotations

from common.settings import OwnerSettings
from pydantic import Field

__all__ = ["Settings"]


class Settings(OwnerSettings):
    """Every owner's, and how long the journal is kept."""

    journal_retention_days: int = Field(ge=1, le=3650, description="a whole number of days, 1 to 3650")
