"""The API of the page. Everything here needs a session."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.auth import require_user
from gateway.context import Context
from gateway.forward import forward

__all__ = ["routes"]

routes = APIRouter(prefix="/api/v1", tags=["api"], dependencies=[Depends(require_user)])


@routes.get("/orders")
async def list_orders(
    context: Context, limit: Annotated[int, Query(ge=1, le=500)] = 50, status: str = ""
) -> Response:
    """The newest orders, filtered by status when one is given; order-service rejects an unknown status."""
    params: dict[str, str | int] = {"limit": limit, "status": status}
    return await forward(context, "order-service", "GET", "/internal/orders", params=params)


@routes.get("/orders/{order_id}")
async def get_order(context: Context, order_id: UUID) -> Response:
    """One order."""
    return await forward(context, "order-service", "GET", f"/internal/orders/{order_id}")


@routes.post("/print-jobs/{print_job_id}/retry", status_code=202)
async def retry_print_job(context: Context, print_job_id: UUID) -> Response:
    """Prints again what failed."""
    path = f"/internal/print-jobs/{print_job_id}/retry"
    return await forward(context, "order-service", "POST", path)


@routes.post("/baseplates")
async def make_baseplate(context: Context, request: Request) -> Response:
    """A baseplate as binary STL, for `{"columns": 4, "rows": 3, "height_mm": 5}`."""
    headers = {"Content-Type": "application/json"}
    body = await request.body()
    return await forward(
        context, "gridflock-service", "POST", "/internal/baseplates", content=body, headers=headers
    )
