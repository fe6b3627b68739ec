"""How the whole platform is, as the gateway sees it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Literal

import httpx
from common.health import DependencyState, Readiness, measure
from fastapi import APIRouter
from pydantic import BaseModel

from gateway.context import Context, GatewayContext

__all__ = ["ASK_SECONDS", "PlatformHealth", "ServiceState", "readiness", "routes"]

ASK_SECONDS = 2.5
"""A service gives its own probes 2 s (`common.health.DEADLINE_SECONDS`), and then still answers."""

_WORDS: dict[type[Exception], str] = {
    httpx.ConnectError: "does not run",
    httpx.ReadTimeout: "takes too long to answer",
    httpx.RemoteProtocolError: "ended while it was asked",
}

routes = APIRouter(prefix="/api/v1/platform", tags=["platform"])


State = Literal["up", "degraded", "down"]


class ServiceState(DependencyState):
    """How a service is, and since when, as far as this gateway has seen."""

    since: datetime


class PlatformHealth(BaseModel):
    """`down` when the gateway cannot work, `degraded` when anything else does not."""

    status: Literal["ok", "degraded", "down"]
    services: list[ServiceState]


async def _stores(context: GatewayContext) -> list[DependencyState]:
    return list(
        await asyncio.gather(measure("postgres", context.database.ping), measure("redis", context.redis.ping))
    )


async def _downstream(context: GatewayContext) -> list[DependencyState]:
    asking = (_ask(name, client, "/health/ready") for name, client in context.services.items())
    return list(await asyncio.gather(*asking))


async def _watched(context: GatewayContext) -> list[DependencyState]:
    watched = context.settings.watched.items()
    return list(await asyncio.gather(*(_ask(name, context.watching, url) for name, url in watched)))


async def _ask(name: str, client: httpx.AsyncClient, url: str) -> DependencyState:
    began = time.perf_counter()

    def check(state: State, detail: str = "") -> DependencyState:
        ms = round((time.perf_counter() - began) * 1000, 1)
        return DependencyState(name=name, state=state, ms=ms, detail=detail)

    try:
        answer = await client.get(url, timeout=ASK_SECONDS)
    except httpx.HTTPError as problem:
        return check("down", _WORDS.get(type(problem), "does not answer"))
    if answer.is_success:
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
    """State and answer time of every service, and since when it is so. Needs no session."""
    began = time.perf_counter()
    answer, watched = await asyncio.gather(readiness(context), _watched(context))
    ms = round((time.perf_counter() - began) * 1000, 1)
    own: State = "down" if answer.status == "unavailable" else "up"
    gateway = DependencyState(name="gateway", state=own, ms=ms)
    status: Literal["ok", "degraded", "down"] = "down" if answer.status == "unavailable" else answer.status
    if status == "ok" and any(check.state != "up" for check in watched):
        status = "degraded"
    checks = [gateway, *answer.checks, *watched]
    return PlatformHealth(status=status, services=[_since(context, check) for check in checks])


def _since(context: GatewayContext, check: DependencyState) -> ServiceState:
    state, since = context.seen.get(check.name, ("", datetime.min))
    if state != check.state:
        since = datetime.now(UTC)
        context.seen[check.name] = check.state, since
    return ServiceState(**vars(check), since=since)
