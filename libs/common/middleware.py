"""What stands between the server and an application's routes."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from starlette.responses import JSONResponse
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.health import PREFIX
from common.lifecycle import Lifecycle

__all__ = ["Deadline", "HeadAsGet", "NotYet"]

logger = logging.getLogger(__name__)

# RFC 6455's registry: try again later.
_TRY_AGAIN = 1013


class HeadAsGet:
    """HEAD is answered as GET would be, without the body. What is mounted has its own idea of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or _is_mounted(scope):
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


def _is_mounted(scope: Scope) -> bool:
    mounts = (route for route in scope["app"].routes if isinstance(route, Mount))
    return any(mount.matches(scope)[0] is not Match.NONE for mount in mounts)


class Deadline:
    """A request whose answer has not begun after `seconds` is answered with 503, whatever holds it up, and is cancelled.

    A store that hangs would hold it for ever, and a cancelled query takes 10 s to end. What is mounted polls for long.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds
        self._given_up: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_mounted(scope):
            await self._app(scope, receive, send)
            return
        begun = over = False

        async def answer(message: Message) -> None:
            nonlocal begun
            begun = True
            if not over:
                await send(message)

        work = asyncio.ensure_future(self._app(scope, receive, answer))
        try:
            await asyncio.wait({work}, timeout=self._seconds)
            if work.done() or begun:
                await work
                return
        except asyncio.CancelledError:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            raise
        over = True
        work.cancel()
        self._given_up.add(work)
        work.add_done_callback(self._ended)
        logger.warning("a request took too long", extra={"path": scope["path"]})
        refusal = JSONResponse({"detail": "took too long; try again"}, 503, headers={"Retry-After": "5"})
        await refusal(scope, receive, send)

    def _ended(self, work: asyncio.Future[None]) -> None:
        self._given_up.discard(work)
        if not work.cancelled():
            work.exception()  # nobody waits for it any more


class NotYet:
    """Until the lifespan has done its start, only the health routes answer: all else needs what that opens."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle) -> None:
        self._app, self._lifecycle = app, lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._lifecycle.phase != "starting" or scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _TRY_AGAIN})
        elif scope["path"].startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
        else:
            answer = JSONResponse({"detail": "starting; try again"}, 503, headers={"Retry-After": "1"})
            await answer(scope, receive, send)
