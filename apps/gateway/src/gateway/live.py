"""Live events: a Socket.IO server for pages that are signed in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import socketio
from common.redis_client import RedisError, options
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from gateway.sessions import COOKIE, Sessions

__all__ = ["PATH", "Live", "relay"]

PATH = "/socket.io"

_AGAIN_SECONDS = 1.0
# After so long without an event Redis is asked whether it is there, and has as long for its answer.
_QUIET_SECONDS = 5.0

logger = logging.getLogger(__name__)


class _Events(socketio.AsyncRedisManager):  # type: ignore[misc]
    """Hears from Redis again within a second of its return, and tells this gateway's pages that they may have missed something.

    python-socketio's own (5.x) waits up to a minute after a long outage, for ever for a Redis that hangs, and tells nobody.
    """

    async def _redis_listen_with_retries(self) -> AsyncIterator[Any]:
        heard_before = False
        while True:
            try:
                self._redis_connect()
                await self.pubsub.subscribe(self.channel)
                if heard_before:
                    # To its own clients alone: every gateway finds out for itself.
                    await socketio.AsyncManager.emit(self, "orders.missed", {}, "/")
                heard_before = True
                async for message in self._messages():
                    yield message
            except (RedisError, OSError) as problem:
                logger.warning("live events are not heard", extra={"reason": type(problem).__name__})
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _messages(self) -> AsyncIterator[Any]:
        """Raises RedisError when Redis is silent."""
        asked = False
        while True:
            message = await self.pubsub.get_message(timeout=_QUIET_SECONDS)
            if message is None:
                if asked:
                    raise RedisError("silent")
                await self.pubsub.ping()
            elif message["type"] == "message":
                yield message
            asked = message is None


class Live:
    """The Socket.IO application. Events come from order-service through Redis; clients only listen."""

    def __init__(self, redis_url: str, web_url: str, sessions: Sessions) -> None:
        self._sessions = sessions
        self._events = _Events(redis_url, redis_options=options())
        self._server = socketio.AsyncServer(
            async_mode="asgi", client_manager=self._events, cors_allowed_origins=[web_url]
        )
        self._server.on("connect", self._connect)
        self.app = socketio.ASGIApp(self._server, socketio_path=PATH.lstrip("/"))

    async def leave(self) -> None:
        """Pages that poll are told that the connection ends, and come back elsewhere. WebSockets the server closes (1012).

        Not by Socket.IO's own `disconnect`: after that a page does not come back by itself.
        """
        polling = [each for each in self._server.eio.sockets.values() if not each.upgraded]
        await asyncio.gather(*(each.close(wait=False) for each in polling), return_exceptions=True)

    async def close(self) -> None:
        """Closes the connection to Redis."""
        await self._server.shutdown()
        listening = getattr(self._events, "thread", None)  # from the first page on
        if listening is not None:
            listening.cancel()
        if self._events.redis is not None:
            await self._events.redis.aclose()

    async def _connect(self, _: str, request: dict[str, Scope], __: object = None) -> None:
        cookie = HTTPConnection(request["asgi.scope"]).cookies.get(COOKIE)
        if await self._sessions.email(cookie) is None:
            raise socketio.exceptions.ConnectionRefusedError("not signed in")


async def relay(scope: Scope, receive: Receive, send: Send) -> None:
    """Mounted at `PATH`: passes requests to the application that the lifespan made."""
    if scope["type"] == "http":
        # uvicorn did not find it to be a WebSocket; the application would look for itself, and fail.
        scope = {**scope, "headers": [header for header in scope["headers"] if header[0] != b"upgrade"]}
    await scope["app"].state.context.live.app(scope, receive, send)
