"""The bare application of a service: logs, tracing, error reports."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from common import logs, telemetry
from common.settings import PlatformSettings

__all__ = ["MAX_BODY_BYTES", "Lifetime", "base_app"]

MAX_BODY_BYTES = 2 * 1024 * 1024

Lifetime = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Opens what an application needs, and closes it when the block ends."""

logger = logging.getLogger(__name__)


def base_app(
    name: str, settings: PlatformSettings, lifetime: Lifetime, max_body_bytes: int = MAX_BODY_BYTES
) -> FastAPI:
    """A FastAPI application with logging, tracing and error reports set up, and without routes.

    Requests with a larger body than `max_body_bytes` are answered with 413.
    """
    logs.configure(name, settings)
    telemetry.start_sentry(name, settings)
    tracing, stop_tracing = telemetry.start_tracing(name, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with lifetime(app):
            logger.info("ready", extra={"service": name, "environment": settings.node_env})
            yield
        await asyncio.to_thread(stop_tracing)

    # The API's description is for developers.
    docs = "/docs" if settings.development else None
    openapi = "/openapi.json" if settings.development else None
    return FastAPI(
        title=name,
        lifespan=lifespan,
        telemetry=tracing,
        docs_url=docs,
        redoc_url=None,
        openapi_url=openapi,
        max_body_size=max_body_bytes,
    )
