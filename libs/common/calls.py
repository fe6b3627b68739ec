"""Calls to our own services: the trace and the caller's name for the request go along, and what a restart cut off is repeated.

Only GET and HEAD are, and only when the connection was refused, or closed before the answer began. Repeated calls are at most
a tenth of the answered ones (and a handful at first), so that they cannot be what keeps a service down.
"""

from __future__ import annotations

import logging

import httpx
import stamina

from common import async_library  # noqa: F401 - makes calls cheaper
from common.trace import pass_on, pass_on_request

__all__ = ["ONCE", "Budget", "service_client"]

ONCE: dict[str, object] = {"once": True}
"""`extensions` of a call that is not repeated, because its failure is what the caller wants to know."""

_ATTEMPTS = 3
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, _JITTER_SECONDS = 0.05, 0.4, 0.1
_REPEATABLE = frozenset({"GET", "HEAD"})
_CUT_OFF = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

logger = logging.getLogger(__name__)


class Budget:
    """How many calls may be repeated: `most` at once, and one for every ten that were answered."""

    def __init__(self, most: int = 10, share: float = 0.1) -> None:
        self._most, self._share = float(most), share
        self._left = self._most

    def answered(self) -> None:
        """A call was answered, however."""
        self._left = min(self._left + self._share, self._most)

    def take(self) -> bool:
        """Whether one more call may be repeated."""
        if self._left < 1:
            return False
        self._left -= 1
        return True


class _Repeating(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner, self._budget = inner, Budget()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method not in _REPEATABLE or request.extensions.get("once"):
            answer = await self._inner.handle_async_request(request)
            self._budget.answered()
            return answer
        tried = 0

        def again(problem: Exception) -> bool:
            may = tried < _ATTEMPTS and isinstance(problem, _CUT_OFF)
            if not may or not self._budget.take():
                return False
            about = {"to": request.url.host, "path": request.url.path, "reason": type(problem).__name__}
            logger.info("a call is repeated", extra=about)
            return True

        async for attempt in stamina.retry_context(
            on=again,
            attempts=_ATTEMPTS,
            wait_initial=_FIRST_WAIT_SECONDS,
            wait_max=_LONGEST_WAIT_SECONDS,
            wait_jitter=_JITTER_SECONDS,
        ):
            with attempt:
                tried = attempt.num
                answer = await self._inner.handle_async_request(request)
        self._budget.answered()
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


def service_client(
    url: str, headers: dict[str, str], timeout: httpx.Timeout, limits: httpx.Limits
) -> httpx.AsyncClient:
    """A client for the service at `url`; its block closes it. A proxy that the environment names is not used.

    A repeated call is an attempt with the whole `timeout`, which timeouts themselves do not lead to.
    """
    return httpx.AsyncClient(
        base_url=url,
        headers=headers,
        timeout=timeout,
        transport=_Repeating(httpx.AsyncHTTPTransport(limits=limits)),
        event_hooks={"request": [pass_on, pass_on_request]},
    )
