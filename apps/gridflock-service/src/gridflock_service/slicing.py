"""What the slicer says of a plate: how long it takes to print, and how much filament.

The slicer is optional. Without it provider-sim estimates in its place; without either a plate is made without these figures.
"""

from __future__ import annotations

import logging

import httpx
from pydantic import BaseModel, Field, ValidationError

__all__ = ["Sliced", "Slicer"]

logger = logging.getLogger(__name__)


class Sliced(BaseModel):
    """The slicer's answer: seconds, grams, and the number of layers."""

    print_seconds: int = Field(ge=0)
    filament_grams: float = Field(ge=0)
    layers: int = Field(ge=0)


class Slicer:
    """Asks the slicer at the client's base URL."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def slice(self, stl: bytes) -> Sliced | None:
        """What a binary STL prints like; None when the slicer does not say."""
        try:
            answer = await self._http.post("/slice", content=stl, headers={"Content-Type": "model/stl"})
            answer.raise_for_status()
            return Sliced.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as problem:
            logger.warning("the slicer gives no estimate", extra={"reason": type(problem).__name__})
            return None
