"""How the whole platform is, as the gateway sees it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import Literal

import httpx
from common.asking import DEADLINE_SECONDS
from common.calls import ONCE
from common.checks import Check, DependencyState, State, Unwell
from common.health import Health
from fastapi import APIRouter, Request
from pydantic import BaseModel

from gateway.context import Context, GatewayContext
from gateway.settings import Settings

__all__ = ["ASK_SECONDS", "PlatformHealth", "ServiceState", "routes", "uses", "watches"]

ASK_SECONDS = DEADLINE_SECONDS + 0.5
"""A service gives what it uses 2 s, and then still answers."""

_WORDS: dict[type[Exception], str] = {
    httpx.ConnectError: "does not run",
    httpx.ReadTimeout: "takes too long to answer",
    httpx.RemoteProtocolError: "ended while it was asked",
}

routes = APIRouter(prefix="/api/v1/platform", tags=["platform"])


class ServiceState(DependencyState):
    """How a service is, and since when, as far as this gateway has seen."""

    since: datetime


class PlatformHealth(BaseModel):
    """`down` when the gateway cannot work, `degraded` when anything else does not."""

    status: Literal["ok", "degraded", "down"]
    services: list[ServiceState]


def uses(context: GatewayContext, health: Health) -> None:
    """The gateway's own dependencies decide; downstream services count only when none of them answers."""
    health.needs("postgres", context.database.ping)
    health.needs("redis", context.redis.ping)
    for name, client in context.services.items():
        health.calls(name, partial(_ask, client, "/health/ready"), ASK_SECONDS)


def watches(settings: Settings, client: httpx.AsyncClient) -> tuple[Check, ...]:
    """What is only shown."""
    return tuple(
        Check(name, partial(_ask, client, url), ASK_SECONDS) for name, url in settings.watched.items()
    )


async def _ask(client: httpx.AsyncClient, url: str) -> None:
    """Raises Unwell."""
    try:
        answer = await client.get(url, timeout=ASK_SECONDS, extensions=ONCE)
    except httpx.HTTPError as problem:
        raise Unwell("down", _WORDS.get(type(problem), "does not answer")) from problem
    if not answer.is_success:
        raise Unwell("degraded", _reason(answer))


def _reason(answer: httpx.Response) -> str:
    try:
        said = answer.json()
        missing = [check["name"] for check in said["checks"] if check["state"] == "down"]
        return f"without {', '.join(missing)}" if missing else str(said["status"])[:20]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"


@routes.get("/health")
async def platform_health(context: Context, request: Request) -> PlatformHealth:
    """State and answer time of every service, and since when it is so. Needs no session."""
    health: Health = request.app.state.health
    began = time.perf_counter()
    others = asyncio.gather(*(check.ask() for check in context.watched))
    answer, watched = await asyncio.gather(health.now(), others)
    ms = round((time.perf_counter() - began) * 1000, 1)
    own: State = "down" if answer.status == "unavailable" else "up"
    gateway = DependencyState(name="gateway", state=own, ms=ms)
    status: Literal["ok", "degraded", "down"] = "down" if own == "down" else "ok"
    if own == "up" and any(check.state != "up" for check in (*answer.checks, *watched)):
        status = "degraded"
    checks = [gateway, *answer.checks, *watched]
    return PlatformHealth(status=status, services=[_since(context, check) for check in checks])


def _since(context: GatewayContext, check: DependencyState) -> ServiceState:
    state, since = context.seen.get(check.name, ("", datetime.min))
    if state != check.state:
        since = datetime.now(UTC)
        context.seen[check.name] = check.state, since
    return ServiceState(**vars(check), since=since)
