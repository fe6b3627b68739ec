"""Live events: a Socket.IO server for pages that are signed in."""

from __future__ import annotations

import socketio
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from gateway.sessions import COOKIE, Sessions

__all__ = ["PATH", "live_app", "relay"]

PATH = "/socket.io"


def live_app(redis_url: str, web_url: str, sessions: Sessions) -> socketio.ASGIApp:
    """The Socket.IO application. Events come from order-service through Redis; clients only listen."""
    server = socketio.AsyncServer(
        async_mode="asgi",
        client_manager=socketio.AsyncRedisManager(redis_url),
        cors_allowed_origins=[web_url],
    )

    async def connect(_: str, request: dict[str, Scope], __: object = None) -> None:
        cookie = HTTPConnection(request["asgi.scope"]).cookies.get(COOKIE)
        if await sessions.email(cookie) is None:
            raise socketio.exceptions.ConnectionRefusedError("not signed in")

    server.on("connect", connect)
    return socketio.ASGIApp(server, socketio_path=PATH.lstrip("/"))


async def relay(scope: Scope, receive: Receive, send: Send) -> None:
    """Mounted at `PATH`: passes requests to the application that the lifespan made."""
    if scope["type"] == "http":
        # uvicorn did not find it to be a WebSocket; the application would look for itself, and fail.
        scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"upgrade"]}
    await scope["app"].state.context.live(scope, receive, send)
