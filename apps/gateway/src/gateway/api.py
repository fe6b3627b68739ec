"""The API of the page. Everything here needs a session."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gateway.auth import require_user
from gateway.context import Context
from gateway.forward import forward

__all__ = ["routes"]

routes = APIRouter(prefix="/api/v1", tags=["api"], dependencies=[Depends(require_user)])

_JSON = {"Content-Type": "application/json"}
Limit = Annotated[int, Query(ge=1, le=500)]
JobNumber = Annotated[int, Path(ge=1, lt=2**63)]


@routes.get("/orders")
async def list_orders(
    context: Context, limit: Limit = 50, lane: str = "", status: str = "", q: str = "", after: str = ""
) -> Response:
    """The newest orders, narrowed by lane, status and text; `after` is the `next` of the page before."""
    params: dict[str, str | int] = {"limit": limit, "lane": lane, "status": status, "q": q, "after": after}
    return await forward(context, "order-service", "GET", "/internal/orders", params=params)


@routes.get("/board")
async def get_board(context: Context, limit: Limit = 20, status: str = "", q: str = "") -> Response:
    """The first orders of every lane, and how many there are."""
    params: dict[str, str | int] = {"limit": limit, "status": status, "q": q}
    return await forward(context, "order-service", "GET", "/internal/board", params=params)


@routes.get("/lanes")
async def count_lanes(context: Context, status: str = "", q: str = "") -> Response:
    """How many orders there are in each lane of the board."""
    return await forward(
        context, "order-service", "GET", "/internal/lanes", params={"status": status, "q": q}
    )


@routes.get("/orders/{order_id}")
async def get_order(context: Context, order_id: UUID) -> Response:
    """One order, with its address."""
    return await forward(context, "order-service", "GET", f"/internal/orders/{order_id}")


@routes.get("/orders/{order_id}/webhooks")
async def list_webhooks_of(context: Context, order_id: UUID) -> Response:
    """All webhooks that came for an order, of every provider."""
    return await forward(context, "order-service", "GET", f"/internal/orders/{order_id}/webhooks")


@routes.get("/orders/{order_id}/journal")
async def get_journal(context: Context, order_id: UUID) -> Response:
    """What happened to an order in all services, and its jobs that are not done."""
    return await forward(context, "order-service", "GET", f"/internal/orders/{order_id}/journal")


@routes.get("/jobs")
async def list_dead_jobs(context: Context) -> Response:
    """The jobs of all services that failed for good."""
    return await forward(context, "order-service", "GET", "/internal/jobs")


@routes.post("/jobs/{job_id}/retry")
async def retry_job(context: Context, job_id: JobNumber) -> Response:
    """Tries a job again that failed for good."""
    return await forward(context, "order-service", "POST", f"/internal/jobs/{job_id}/retry")


@routes.post("/jobs/{job_id}/drop")
async def drop_job(context: Context, job_id: JobNumber) -> Response:
    """Gives a job up."""
    return await forward(context, "order-service", "POST", f"/internal/jobs/{job_id}/drop")


@routes.post("/orders/{order_id}/cancel")
async def cancel_order(context: Context, order_id: UUID) -> Response:
    """Prints and ships no more of it; Shopify is not told."""
    return await forward(context, "order-service", "POST", f"/internal/orders/{order_id}/cancel")


@routes.post("/orders/{order_id}/address")
async def correct_address(context: Context, order_id: UUID, request: Request) -> Response:
    """Where it goes: `{"name", "address", "house_number", "city", "postal_code", "country", "telephone", "email"}`."""
    path = f"/internal/orders/{order_id}/address"
    return await forward(context, "order-service", "POST", path, content=await request.body(), headers=_JSON)


@routes.post("/orders/{order_id}/parcel")
async def ask_for_parcel_again(context: Context, order_id: UUID) -> Response:
    """Asks once more for a parcel that the carrier refused."""
    return await forward(context, "order-service", "POST", f"/internal/orders/{order_id}/parcel")


@routes.get("/inbox")
async def list_webhooks(
    context: Context,
    problem: bool = False,
    subject: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Webhooks that came in: only those that could not be understood, or about one subject, if asked."""
    params: dict[str, str | int] = {"problem": str(problem).lower(), "subject": subject, "limit": limit}
    return await forward(context, "order-service", "GET", "/internal/webhooks", params=params)


@routes.get("/inbox/{webhook_id}")
async def get_webhook(context: Context, webhook_id: UUID) -> Response:
    """One webhook with its body."""
    return await forward(context, "order-service", "GET", f"/internal/webhooks/{webhook_id}")


@routes.post("/inbox/{webhook_id}/again")
async def act_again(context: Context, webhook_id: UUID) -> Response:
    """Acts once more upon a webhook that could not be understood."""
    return await forward(context, "order-service", "POST", f"/internal/webhooks/{webhook_id}/again")


@routes.get("/privacy-requests")
async def list_privacy_requests(context: Context) -> Response:
    """What shops asked for their customers and for themselves."""
    return await forward(context, "order-service", "GET", "/internal/privacy-requests")


@routes.get("/privacy-requests/{request_id}/data")
async def get_held(context: Context, request_id: UUID) -> Response:
    """All that is held of the customer whom a request is about."""
    return await forward(context, "order-service", "GET", f"/internal/privacy-requests/{request_id}/data")


@routes.post("/print-jobs/{print_job_id}/retry", status_code=202)
async def retry_print_job(context: Context, print_job_id: UUID) -> Response:
    """Prints again what failed."""
    path = f"/internal/print-jobs/{print_job_id}/retry"
    return await forward(context, "order-service", "POST", path)


@routes.post("/baseplates")
async def make_baseplate(context: Context, request: Request) -> Response:
    """A baseplate as binary STL, for `{"columns": 4, "rows": 3, "height_mm": 5}`."""
    body = await request.body()
    return await forward(
        context, "gridflock-service", "POST", "/internal/baseplates", content=body, headers=_JSON
    )
