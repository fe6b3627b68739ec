"""The bare application of a service: logs, tracing, error reports."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeVar

from fastapi import FastAPI, Request

from common import logs, telemetry
from common.settings import PlatformSettings

__all__ = ["MAX_BODY_BYTES", "Lifetime", "base_app", "context_of", "running"]

MAX_BODY_BYTES = 2 * 1024 * 1024

Lifetime = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Opens what an application needs, and closes it when the block ends."""

C = TypeVar("C")

logger = logging.getLogger(__name__)


def context_of(kind: type[C]) -> Callable[[Request], C]:
    """FastAPI dependency: what the lifetime left in `app.state.context`, which is a `kind`."""

    def dependency(request: Request) -> C:
        context = request.app.state.context
        if not isinstance(context, kind):
            raise TypeError(f"the application's context is no {kind.__name__}")
        return context

    return dependency


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Runs `work` concurrently with the block, and cancels it when the block ends."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


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
