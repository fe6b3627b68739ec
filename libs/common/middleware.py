"""What stands between the server and an application's routes."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.health import PREFIX
from common.lifecycle import Lifecycle

__all__ = ["HeadAsGet", "NotYet"]

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
