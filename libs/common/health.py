"""`/health/live`, `/health/startup` and `/health/ready`, with each dependency's name, state and answer time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from common.asking import DEADLINE_SECONDS, Question
from common.checks import FRESH_SECONDS, Check, DependencyState, Probe
from common.lifecycle import Lifecycle

__all__ = ["PREFIX", "Alive", "Health", "Readiness"]

PREFIX = "/health"

Status = Literal["ok", "degraded", "unavailable", "starting", "draining"]


class Alive(BaseModel):
    """Who answers, and since when this process does: what tells a service from another on its port, and new code
    from old. In development also of which clone it is, where devkit says so, and on which host or pod."""

    status: Literal["ok"] = "ok"
    service: str
    started: datetime
    clone: str | None = None
    instance: str | None = None


class Readiness(BaseModel):
    """`ok`: all is up. `degraded`: something is down without which the service does its work, or is not down for long
    enough to count. `unavailable`: it cannot do its work. `starting`, `draining`: not yet, and not any more.

    Services add what else they have to say (`Health.tells`).
    """

    model_config = ConfigDict(extra="allow")

    status: Status
    checks: list[DependencyState]

    @property
    def code(self) -> int:
        """HTTP status: 503 only when this service cannot do its work."""
        return 200 if self.status in ("ok", "degraded") else 503


class Health:
    """What a service uses, and how that makes it. Filled in the lifespan, closed at its end."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.lifecycle = lifecycle
        self._needed: list[Check] = []
        self._used: list[Check] = []
        self._called: list[Check] = []
        self._more: dict[str, Question[Any]] = {}

    def needs(self, name: str, probe: Probe) -> None:
        """Without it the service cannot do its work: it is `unavailable` while this is down."""
        self._needed.append(Check(name, probe))

    def uses(self, name: str, probe: Probe) -> None:
        """Without it the service does its work all the same: it is `degraded` while this is down."""
        self._used.append(Check(name, probe))

    def calls(self, name: str, probe: Probe, deadline: float = DEADLINE_SECONDS) -> None:
        """One of several services behind it: `degraded` while it is down, `unavailable` when all of them are."""
        self._called.append(Check(name, probe, deadline))

    def tells(self, name: str, ask: Callable[[], Awaitable[object]]) -> None:
        """`/health/ready` holds what `ask` returns (JSON) under `name`; nothing while that fails."""
        self._more[name] = Question(ask)

    async def readiness(self) -> Readiness:
        """As `now`, but not before the service has started nor after it was told to end."""
        phase = self.lifecycle.phase
        return await self.now() if phase == "running" else Readiness(status=phase, checks=[])

    async def now(self) -> Readiness:
        """Asks what is used, and judges. A dependency that hangs takes its deadline."""
        checks = [*self._needed, *self._used, *self._called]
        asked = asyncio.gather(*(check.ask() for check in checks))
        more, heard = await asyncio.gather(self._told(), asked)
        return Readiness(status=self._status(heard), checks=heard, **more)

    def _status(self, heard: list[DependencyState]) -> Status:
        lonely = bool(self._called) and not any(check.counts_as_up for check in self._called)
        if lonely or not all(check.counts_as_up for check in self._needed):
            return "unavailable"
        return "ok" if all(each.state == "up" for each in heard) else "degraded"

    async def _told(self) -> dict[str, object]:
        answers = await asyncio.gather(*(each.answer(FRESH_SECONDS) for each in self._more.values()))
        return {
            name: answer.value
            for name, answer in zip(self._more, answers, strict=True)
            if answer.problem is None
        }

    async def close(self) -> None:
        """Asks nothing more, and forgets what was used."""
        for check in (*self._needed, *self._used, *self._called):
            await check.close()
        for question in self._more.values():
            await question.close()
        for known in (self._needed, self._used, self._called, self._more):
            known.clear()

    def routes(self, service: str, clone: str | None = None, instance: str | None = None) -> APIRouter:
        """The health routes of `service`. `clone` is what devkit calls the clone that it runs for, `instance` the host or
        pod; both in development."""
        routes = APIRouter(prefix=PREFIX, tags=["health"])
        alive = Alive(service=service, started=datetime.now(UTC), clone=clone, instance=instance)

        @routes.get("/live", response_model_exclude_none=True)
        async def live() -> Alive:
            """Whether the process answers."""
            return alive

        @routes.get("/startup", response_model_exclude_none=True)
        async def startup(response: Response) -> Readiness:
            """Whether it has started: 503 until then, 200 ever after."""
            phase = self.lifecycle.phase
            response.status_code = 503 if phase == "starting" else 200
            return Readiness(status="starting" if phase == "starting" else "ok", checks=[])

        @routes.get("/ready")
        async def ready(response: Response) -> Readiness:
            """Whether it is to be sent requests."""
            answer = await self.readiness()
            response.status_code = answer.code
            return answer

        return routes
