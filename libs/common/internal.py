"""Calls between services: the gateway authenticates with INTERNAL_API_KEY; shared names of headers."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Header, HTTPException, Request

__all__ = ["FILAMENT_GRAMS", "HEADER", "PLATE_HEADERS", "PRINT_SECONDS", "require_internal_key"]

HEADER = "X-Internal-Api-Key"
PRINT_SECONDS, FILAMENT_GRAMS = PLATE_HEADERS = ("X-Print-Seconds", "X-Filament-Grams")
"""What the slicer says of a baseplate, beside its STL; the page reads them too."""


async def require_internal_key(request: Request, x_internal_api_key: Annotated[str, Header()] = "") -> None:
    """FastAPI dependency. Raises 401 unless the header holds the key of this service's settings."""
    expected: str = request.app.state.internal_api_key.get_secret_value()
    if not hmac.compare_digest(expected.encode(), x_internal_api_key.encode()):
        raise HTTPException(401, "internal key missing or wrong")
