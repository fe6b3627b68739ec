"""RATE_LIMIT_DEFAULT: requests per minute that one client may make to the API, and again to the webhooks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from common.clients import client_key
from common.redis_client import RedisError, options
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["RateLimit", "client_of"]

_LONGEST_SECONDS = 0.5
_LIMITED = ("/api/", "/webhooks/")
_WEBHOOKS = ("/api/v1/webhooks/", "/webhooks/")

logger = logging.getLogger(__name__)


def client_of(scope: Mapping[str, Any]) -> str:
    """Whom a request counts for: the address that a trusted proxy forwards for (TRUSTED_PROXIES), else the one that
    connected."""
    client = scope.get("client")
    return client_key(client[0]) if client else "unknown"


class RateLimit:
    """ASGI middleware. Clients are identified by address (`client_of`). While Redis does not answer at once nobody is limited.

    Webhooks are counted apart: behind a proxy a busy page may share its address with a provider.
    """

    def __init__(self, app: ASGIApp, redis_url: str, per_minute: int) -> None:
        self._app = app
        self._item = RateLimitItemPerMinute(per_minute)
        self._url = redis_url
        self._limiter: FixedWindowRateLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_LIMITED):
            wait = await self._wait(scope)
            if wait:
                refusal = JSONResponse(
                    {"detail": "too many requests"}, 429, headers={"Retry-After": str(wait)}
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _wait(self, scope: Scope) -> int:
        """0 when the request is allowed, else the seconds to wait."""
        if self._limiter is None:
            # Made here, not in __init__: there is no event loop at import.
            # The options go on to redis-py.
            storage = RedisStorage(f"async+{self._url}", implementation="redispy", **options())
            self._limiter = FixedWindowRateLimiter(storage)
        client = client_of(scope)
        kind = "webhooks" if scope["path"].startswith(_WEBHOOKS) else "api"
        try:
            # A provider waits five seconds for its answer, and a slow Redis is no reason to keep it.
            async with asyncio.timeout(_LONGEST_SECONDS):
                if await self._limiter.hit(self._item, kind, client):
                    return 0
                stats = await self._limiter.get_window_stats(self._item, kind, client)
        except (RedisError, OSError) as problem:
            logger.warning("no rate limit: Redis is unavailable", extra={"reason": type(problem).__name__})
            return 0
        return max(1, round(stats.reset_time - time.time()))
