"""What the page steers in development: the simulator's time, its prints, and orders of its shop. Elsewhere it is not there."""

from __future__ import annotations

from typing import Annotated, Literal

import httpx
from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response

from gateway.auth import require_user
from gateway.context import Context, GatewayContext
from gateway.forward import unavailable

__all__ = ["routes"]


async def _require_simulator(context: Context) -> None:
    if not (context.settings.development and context.settings.provider_sim_url):
        raise HTTPException(404)


routes = APIRouter(
    prefix="/api/v1/simulator",
    tags=["development"],
    dependencies=[Depends(require_user), Depends(_require_simulator)],
)


@routes.get("/clock")
async def get_clock(context: Context) -> Response:
    """How fast simulated time runs."""
    return await _steer(context, "GET", "clock")


@routes.post("/clock")
async def set_clock(context: Context, request: Request) -> Response:
    """Speeds it up, slows it down, stops it or lets it go on: `{"speed": 20, "paused": false}`."""
    return await _steer(context, "POST", "clock", await request.body())


@routes.post("/orders", status_code=202)
async def place_order(context: Context, request: Request) -> Response:
    """A customer buys: the simulated shop posts a signed webhook. `{"seed": 7}` for always the same order."""
    return await _steer(context, "POST", "shop/orders", await request.body())


@routes.post("/jobs/{job_id}/{step}")
async def move_job(
    context: Context, job_id: Annotated[int, Path(ge=1)], step: Literal["start", "done", "fail"]
) -> Response:
    """Moves a print at the simulated SimplyPrint."""
    return await _steer(context, "POST", f"jobs/{job_id}/{step}")


async def _steer(context: GatewayContext, method: str, path: str, body: bytes | None = None) -> Response:
    headers = {"Content-Type": "application/json"} if body is not None else None
    try:
        answer = await context.watching.request(
            method, f"{context.settings.provider_sim_url}/sim/{path}", content=body, headers=headers
        )
    except httpx.HTTPError:
        raise unavailable("provider-sim") from None
    if answer.status_code >= 500:
        raise unavailable("provider-sim")
    return Response(answer.content, answer.status_code, media_type="application/json")
