"""Settings of gridflock-service."""

from __future__ import annotations

from common.settings import HttpUrl, ServiceSettings
from pydantic import Field

__all__ = ["Settings"]


class Settings(ServiceSettings):
    """Adds the largest baseplate that is made, in grid cells, and where the slicer is."""

    gridflock_max_cells: int = Field(ge=1, le=10_000, description="a number from 1 to 10000")
    slicer_url: HttpUrl = Field(description="an http(s):// URL")
