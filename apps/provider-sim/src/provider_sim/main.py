"""The ASGI application `provider_sim.main:app`. Importing it reads the environment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from common import health
from common.application import base_app, running
from common.redis_client import connect
from fastapi import FastAPI

from provider_sim import sendcloud, simplyprint, slicer, steering
from provider_sim.clock import Clocks
from provider_sim.context import SimContext
from provider_sim.delivery import Courier
from provider_sim.settings import Settings
from provider_sim.simulation import Simulation
from provider_sim.store import Store

__all__ = ["app"]

_NAME = "provider-sim"
_LARGEST_MODEL_BYTES = 100 * 1024 * 1024

settings = Settings.load(_NAME)


@asynccontextmanager
async def _lifetime(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        redis = connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        http = httpx.AsyncClient(base_url=settings.gateway_url, timeout=10 + settings.breakpoint_seconds)
        await stack.enter_async_context(http)
        secrets = {
            "simplyprint": settings.simplyprint_webhook_token.get_secret_value(),
            "sendcloud": settings.sendcloud_secret_key.get_secret_value(),
        }
        clocks = Clocks(redis)
        clock = await clocks.set_up(settings.sim_speed)
        simulation = Simulation(Store(redis), clocks, Courier(http, secrets), clock)
        app.state.context = SimContext(settings=settings, redis=redis, simulation=simulation)
        await stack.enter_async_context(running(simulation.run(), "simulation"))
        yield


app = base_app(_NAME, settings, _lifetime, max_body_bytes=_LARGEST_MODEL_BYTES)
app.include_router(
    health.router(
        _NAME,
        lambda: health.readiness_of({"redis": app.state.context.redis.ping}),
        settings.clone,
        settings.instance,
    )
)
app.include_router(simplyprint.routes, prefix="/simplyprint")
# As at SimplyPrint itself, where the base URL holds the company's id.
app.include_router(simplyprint.routes, prefix="/simplyprint/{company}")
app.include_router(sendcloud.routes, prefix="/sendcloud")
app.include_router(slicer.routes, prefix="/slicer")
app.include_router(steering.routes)
app.add_exception_handler(simplyprint.Unauthorized, simplyprint.refuse)
