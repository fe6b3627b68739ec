"""The bare application of a service: logs, tracing, error reports, health, and where it is in its life."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from common import logs, telemetry
from common.causes import CallCause
from common.health import Health
from common.lifecycle import Lifecycle
from common.limits import Limits
from common.middleware import Deadline, HeadAsGet, NotYet
from common.serving import protocol_of
from common.settings import PlatformSettings
from common.trace import TraceContext

__all__ = ["MAX_BODY_BYTES", "Lifetime", "base_app", "context_of", "running"]

MAX_BODY_BYTES = 2 * 1024 * 1024

# More than the gateway gives the services behind it.
_ANSWER_SECONDS = 20
_GARBAGE = 20_000
_CANCELLATIONS, _CANCEL_SECONDS = 3, 2.0

Lifetime = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Opens what an application needs, and closes it when the block ends."""

C = TypeVar("C")

logger = logging.getLogger(__name__)


class _Application(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        """Outside of Starlette's own, which answers 500 to what nobody handled."""
        return TraceContext(super().build_middleware_stack())


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
    """Runs `work` concurrently with the block, and cancels it when the block ends; again where it is held up by that: a
    cancelled query to a Postgres that hangs ends after 10 s, or when it is cancelled once more."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        for _ in range(_CANCELLATIONS):
            task.cancel()
            if (await asyncio.wait({task}, timeout=_CANCEL_SECONDS))[0]:
                with suppress(asyncio.CancelledError):
                    task.result()
                break


def _let_garbage_wait() -> None:
    """The collector looks no more through what there is for good, and less often for cycles, of which requests leave few."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 50)


def base_app(
    name: str,
    settings: PlatformSettings,
    lifetime: Lifetime,
    max_body_bytes: int = MAX_BODY_BYTES,
    limits: Limits | None = None,
) -> FastAPI:
    """A FastAPI application with logging, tracing and error reports set up, and with the health routes alone. `lifetime`
    tells `app.state.health` (`Health`) what the service uses.

    Requests with a larger body than `max_body_bytes` are answered with 413; what breaks `limits` is cut off. A path
    with one slash more at its end is the same path.
    """
    logs.configure(name, settings)
    telemetry.start_sentry(name, settings)
    tracing, stop_tracing = telemetry.start_tracing(name, settings)

    lifecycle = Lifecycle()
    health = Health(lifecycle)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        lifecycle.start()
        try:
            async with lifetime(app):
                _let_garbage_wait()
                lifecycle.started()
                logger.info("ready", extra={"service": name, "environment": settings.node_env})
                yield
                lifecycle.drain()  # a server that is not devserve's tells nobody
                await health.close()
        finally:
            await health.close()
        await asyncio.to_thread(stop_tracing)

    # The API's description is for developers.
    docs = "/docs" if settings.development else None
    openapi = "/openapi.json" if settings.development else None
    app = _Application(
        title=name,
        lifespan=lifespan,
        telemetry=tracing,
        docs_url=docs,
        redoc_url=None,
        openapi_url=openapi,
        max_body_size=max_body_bytes,
        redirect_slashes=False,  # providers follow no redirect, and its target would be what the Host header says
    )
    app.add_middleware(CallCause)
    _accept_slash(app)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(RequestValidationError, _malformed)  # type: ignore[arg-type]
    app.state.lifecycle, app.state.health = lifecycle, health
    app.include_router(health.routes(name, settings.clone, settings.instance))
    app.add_middleware(Deadline, seconds=_ANSWER_SECONDS + settings.breakpoint_seconds)
    app.add_middleware(HeadAsGet)
    app.add_middleware(NotYet, lifecycle=lifecycle)
    # A debugger may hold whatever would have read the rest.
    app.state.http_protocol = protocol_of((limits or Limits()).plus_seconds(settings.breakpoint_seconds))
    return app


def _accept_slash(app: FastAPI) -> None:
    """What no route takes is offered to them once more without the slash at its end; a mount has taken its own by then."""
    not_found = app.router.default

    async def without_slash(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] != "http" or path == "/" or not path.endswith("/") or path.endswith("//"):
            await not_found(scope, receive, send)
            return
        raw = scope.get("raw_path") or b""
        await app.router({**scope, "path": path[:-1], "raw_path": raw.removesuffix(b"/")}, receive, send)

    app.router.default = without_slash


async def _malformed(_: Request, problem: RequestValidationError) -> Response:
    """FastAPI's answer without what was sent: that may be a password, and bytes that are no text fail FastAPI's own."""
    errors = [{name: error[name] for name in ("type", "loc", "msg")} for error in problem.errors()]
    return JSONResponse({"detail": errors}, 422)


async def _gone(_: Request, __: Exception) -> Response:
    """The client went away, or was cut off, in the middle of its request: nobody reads this."""
    return Response(status_code=400)
