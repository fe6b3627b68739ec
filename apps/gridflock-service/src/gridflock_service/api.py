"""What the gateway calls."""

from __future__ import annotations

from common.internal import FILAMENT_GRAMS, PRINT_SECONDS, require_internal_key
from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import BaseModel, Field

from gridflock_service.baseplate import MAX_HEIGHT_MM, MIN_HEIGHT_MM, Plate
from gridflock_service.context import Context
from gridflock_service.making import TooLarge, make

__all__ = ["routes"]

routes = APIRouter(prefix="/internal", dependencies=[Depends(require_internal_key)])


class BaseplateRequest(BaseModel):
    """The plate to make."""

    columns: int = Field(ge=1, le=1000)
    rows: int = Field(ge=1, le=1000)
    height_mm: float = Field(default=5.0, ge=MIN_HEIGHT_MM, le=MAX_HEIGHT_MM)


@routes.post("/baseplates", response_class=Response)
async def make_plate(context: Context, wanted: BaseplateRequest) -> Response:
    """Binary STL, with what the slicer says of it in two headers. 422 when it would have too many cells."""
    try:
        content = await make(Plate(wanted.columns, wanted.rows, wanted.height_mm), context.max_cells)
    except TooLarge as problem:
        raise HTTPException(422, str(problem)) from None
    name = f"baseplate-{wanted.columns}x{wanted.rows}.stl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if sliced := await context.slicer.slice(content):
        headers[PRINT_SECONDS] = str(sliced.print_seconds)
        headers[FILAMENT_GRAMS] = f"{sliced.filament_grams:.1f}"
    return Response(content, media_type="model/stl", headers=headers)
