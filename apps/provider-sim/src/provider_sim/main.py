"""The ASGI application `provider_sim.main:app`. Importing it reads the environment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx
from common import telemetry
from common.application import base_app, running
from common.database import Database
from fastapi import FastAPI

from provider_sim import refusals, sendcloud, simplyprint, slicer, steering
from provider_sim.context import SimContext
from provider_sim.delivery import Courier, Hook
from provider_sim.settings import Settings
from provider_sim.simulation import Simulation
from provider_sim.store import Store, Unavailable

__all__ = ["app"]

_NAME = "provider-sim"
_DELIVERY_SECONDS = 10
_LARGEST_MODEL_BYTES = 100 * 1024 * 1024

settings = Settings.load(_NAME)
hooks = {
    "simplyprint": Hook(
        settings.simplyprint_webhook_url, settings.simplyprint_webhook_token.get_secret_value()
    ),
    "shopify": Hook(settings.shopify_webhook_url, settings.shopify_client_secret.get_secret_value()),
    "sendcloud": Hook(settings.sendcloud_webhook_url, settings.sendcloud_secret_key.get_secret_value()),
}


@asynccontextmanager
async def _lifetime(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url, _NAME, settings.database_connections)
        stack.push_async_callback(database.close)
        telemetry.trace_engine(settings, database.engine)
        http = httpx.AsyncClient(timeout=_DELIVERY_SECONDS + settings.breakpoint_seconds)
        await stack.enter_async_context(http)
        store = Store(database)
        courier = Courier(http, store, hooks)
        simulation = Simulation(store, courier, settings.sim_speed)
        app.state.context = SimContext(settings=settings, simulation=simulation)
        app.state.health.needs("postgres", store.ping)
        with suppress(Unavailable):  # then it is set up as soon as the database answers
            await simulation.set_up()
        await stack.enter_async_context(courier.working())
        await stack.enter_async_context(running(simulation.run(), "simulation"))
        yield


app = base_app(_NAME, settings, _lifetime, max_body_bytes=_LARGEST_MODEL_BYTES)
# As at SimplyPrint itself, where every path begins with the company's id.
app.include_router(simplyprint.routes, prefix="/simplyprint/{company}")
app.include_router(sendcloud.routes, prefix="/sendcloud")
app.include_router(slicer.routes, prefix="/slicer")
app.include_router(steering.routes)
refusals.install(app)
