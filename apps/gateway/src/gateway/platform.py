"""How the whole platform is, as the gateway sees it."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

import httpx
from common.health import DependencyState, Readiness, measure
from fastapi import APIRouter
from pydantic import BaseModel

from gateway.context import Context, GatewayContext

__all__ = ["PlatformHealth", "readiness", "routes"]

routes = APIRouter(prefix="/api/v1/platform", tags=["platform"])


class PlatformHealth(BaseModel):
    """`down` when the gateway cannot work, `degraded` when something behind it does not."""

    status: Literal["ok", "degraded", "down"]
    services: list[DependencyState]


async def _stores(context: GatewayContext) -> list[DependencyState]:
    return list(
        await asyncio.gather(measure("postgres", context.database.ping), measure("redis", context.redis.ping))
    )


async def _downstream(context: GatewayContext) -> list[DependencyState]:
    return list(await asyncio.gather(*(_ask(name, client) for name, client in context.services.items())))


async def _ask(name: str, client: httpx.AsyncClient) -> DependencyState:
    began = time.perf_counter()

    def check(state: Literal["up", "degraded", "down"], detail: str = "") -> DependencyState:
        ms = round((time.perf_counter() - began) * 1000, 1)
        return DependencyState(name=name, state=state, ms=ms, detail=detail)

    try:
        # A service gives its own probes 2 s (common.health.DEADLINE_SECONDS), and then still answers.
        answer = await client.get("/health/ready", timeout=2.5)
    except httpx.HTTPError as problem:
        return check("down", type(problem).__name__)
    if answer.status_code == 200:
        return check("up")
    try:
        missing = [c["name"] for c in answer.json()["checks"] if c["state"] == "down"]
    except (ValueError, KeyError, TypeError):
        return check("degraded", f"HTTP {answer.status_code}")
    return check("degraded", f"without {', '.join(missing)}")


async def readiness(context: GatewayContext) -> Readiness:
    """The gateway's own dependencies decide; downstream services count only when none of them answers."""
    stores, behind = await asyncio.gather(_stores(context), _downstream(context))
    broken = any(check.state == "down" for check in stores)
    alone = all(check.state == "down" for check in behind)
    status: Literal["ok", "degraded", "unavailable"] = "ok"
    if broken or alone:
        status = "unavailable"
    elif any(check.state != "up" for check in behind):
        status = "degraded"
    return Readiness(status=status, checks=[*stores, *behind])


@routes.get("/health")
async def platform_health(context: Context) -> PlatformHealth:
    """State and answer time of the gateway, its dependencies and the services behind it. Needs no session."""
    began = time.perf_counter()
    answer = await readiness(context)
    ms = round((time.perf_counter() - began) * 1000, 1)
    gateway = DependencyState(name="gateway", state="down" if answer.status == "unavailable" else "up", ms=ms)
    status: Literal["ok", "degraded", "down"] = "down" if answer.status == "unavailable" else answer.status
    return PlatformHealth(status=status, services=[gateway, *answer.checks])
