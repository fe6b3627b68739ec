"""`/health/live` and `/health/ready`, with each dependency's name, state and answer time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

__all__ = ["Alive", "DependencyState", "Probe", "Readiness", "measure", "router"]

DEADLINE_SECONDS = 2.0

Probe = Callable[[], Awaitable[object]]
"""Returns when a dependency answers, raises when it does not."""


class Alive(BaseModel):
    """Who answers, and since when this process does: what tells a service from another on its port, and new code
    from old. In development also of which clone it is, where devkit says so, and on which host or pod."""

    status: Literal["ok"] = "ok"
    service: str
    started: datetime
    clone: str | None = None
    instance: str | None = None


class DependencyState(BaseModel):
    """What one dependency answered; `ms` is how long that took."""

    name: str
    state: Literal["up", "degraded", "down"]
    ms: float
    detail: str = ""


class Readiness(BaseModel):
    """`ok`: all is up. `degraded`: something that others own is down. `unavailable`: an own dependency is down."""

    status: Literal["ok", "degraded", "unavailable"]
    checks: list[DependencyState]

    @property
    def code(self) -> int:
        """HTTP status: 503 only when this service cannot do its work."""
        return 503 if self.status == "unavailable" else 200


async def measure(name: str, probe: Probe) -> DependencyState:
    """Runs `probe` with a deadline.

    The detail is the error's kind: its text could hold a URL with a password.
    """
    began = time.perf_counter()
    state: Literal["up", "down"] = "up"
    detail = ""
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await probe()
    except Exception as problem:
        state, detail = "down", type(problem).__name__
    return DependencyState(
        name=name, state=state, ms=round((time.perf_counter() - began) * 1000, 1), detail=detail
    )


async def readiness_of(probes: Mapping[str, Probe]) -> Readiness:
    """Whether a service is ready by what `probes` find: 'unavailable' when one of them is down."""
    checks = await asyncio.gather(*(measure(name, probe) for name, probe in probes.items()))
    down = any(check.state == "down" for check in checks)
    return Readiness(status="unavailable" if down else "ok", checks=checks)


def router(
    service: str,
    readiness: Callable[[], Awaitable[Readiness]],
    clone: str | None = None,
    instance: str | None = None,
) -> APIRouter:
    """The two health routes of `service`; `readiness` is asked at each call of the second. `clone` is what devkit calls the
    clone that the service runs for, `instance` the host or pod; both in development."""
    routes = APIRouter(prefix="/health", tags=["health"])
    alive = Alive(service=service, started=datetime.now(UTC), clone=clone, instance=instance)

    @routes.get("/live", response_model_exclude_none=True)
    async def live() -> Alive:
        return alive

    @routes.get("/ready")
    async def ready(response: Response) -> Readiness:
        answer = await readiness()
        response.status_code = answer.code
        return answer

    return routes
