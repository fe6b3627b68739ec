"""The way to every open page: Socket.IO events, through Redis to all gateways."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import socketio
from common.redis_client import RedisError, options

__all__ = ["Events"]

# Whoever changed an order waits for this, and holds its row.
_LONGEST_SECONDS = 1.0
_AGAIN_SECONDS = 1.0

logger = logging.getLogger(__name__)


class _Manager(socketio.AsyncRedisManager):  # type: ignore[misc]
    async def _publish(self, data: dict[str, Any]) -> None:
        """python-socketio's own (5.x) tries twice, and tells nobody that it failed."""
        if not self.connected:
            self._redis_connect()
        await self.redis.publish(self.channel, self.json.dumps(data))


class Events:
    """Sends events. After one that could not be sent, pages are told to ask for everything again as soon as they can be; also
    at the start, since who ran before may have been killed with an event unsent."""

    def __init__(self, redis_url: str) -> None:
        self._manager = _Manager(redis_url, write_only=True, redis_options=options())
        self._telling: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Tells pages to ask again."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell(), name="missed events")

    async def send(self, name: str, content: dict[str, Any]) -> None:
        """Sends an event, or sees to it that pages ask for what it would have told."""
        if not await self._sent(name, content):
            self.begin()

    async def close(self) -> None:
        """Closes the connection."""
        if self._telling is not None:
            self._telling.cancel()
        if self._manager.redis is not None:
            await self._manager.redis.aclose()

    async def _tell(self) -> None:
        while not await self._sent("orders.missed", {}):
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _sent(self, name: str, content: dict[str, Any]) -> bool:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._manager.emit(name, content)
        except (RedisError, OSError) as problem:
            logger.warning("an event is not sent", extra={"event": name, "reason": type(problem).__name__})
            return False
        return True
