"""Posts webhooks, signed as the providers sign them, again and again until they are taken."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from signatures import scheme
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from provider_sim.models import Delivery
from provider_sim.store import Store, Unavailable

__all__ = ["Courier", "Hook", "webhook"]

_AT_ONCE = 4
_GIVE_UP_AFTER = 60
_LONGEST_PAUSE = 30.0
_LOOKS_EVERY, _SHORTEST_SLEEP = 5.0, 0.1
_STOP_SECONDS = 10.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a provider posts its webhooks, and what signs them."""

    url: str
    secret: str = field(repr=False)


def webhook(
    session: AsyncSession, provider: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> None:
    """Sends `body` once the session's transaction is committed, and never otherwise."""
    session.add(Delivery(provider=provider, body=json.dumps(body), headers=dict(headers or {})))


class Courier:
    """Delivers webhooks; `hooks` holds each provider's by its name."""

    def __init__(self, http: httpx.AsyncClient, store: Store, hooks: Mapping[str, Hook]) -> None:
        self._http = http
        self._store = store
        self._hooks = hooks
        self._news = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """There may be something new to deliver."""
        self._news.set()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Delivers while the block runs. At its end what is being posted is still posted, so that it need not come again."""
        workers = [asyncio.create_task(self._work(), name="courier") for _ in range(_AT_ONCE)]
        try:
            yield
        finally:
            self._stopping = True
            self.wake()
            await asyncio.wait(workers, timeout=_STOP_SECONDS)
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while not self._stopping:
            # Cleared before looking: what is stored meanwhile is seen in the next round.
            self._news.clear()
            pause = await self._look()
            if pause and not self._stopping:
                try:
                    await asyncio.wait_for(self._news.wait(), pause)
                except TimeoutError:
                    continue

    async def _look(self) -> float:
        """Delivers one webhook; returns the seconds until the next look."""
        try:
            return await self._store.do(self._deliver)
        except Unavailable:
            return 1.0
        except Exception:
            logger.exception("a webhook waits")
            return 1.0

    async def _deliver(self, session: AsyncSession) -> float:
        # Locked while it is posted: nobody else posts it meanwhile, and it is free again at once if this process dies.
        first = select(Delivery).order_by(Delivery.at, Delivery.id).limit(1)
        delivery = await session.scalar(first.with_for_update(skip_locked=True))
        if delivery is None:
            return _LOOKS_EVERY
        wait = delivery.at - time.time()
        if wait > 0:
            return min(max(wait, _SHORTEST_SLEEP), _LOOKS_EVERY)
        outcome = await self._post(delivery)
        delivery.attempts += 1
        about = {"provider": delivery.provider, "attempts": delivery.attempts, "outcome": outcome}
        if outcome == "taken":
            await session.delete(delivery)
        elif delivery.attempts >= _GIVE_UP_AFTER:
            logger.error("gave up on a webhook", extra=about)
            await session.delete(delivery)
        else:
            logger.warning("webhook not accepted", extra=about)
            delivery.at = time.time() + min(0.5 * 2 ** (delivery.attempts - 1), _LONGEST_PAUSE)
        return 0.0

    async def _post(self, delivery: Delivery) -> str:
        hook = self._hooks[delivery.provider]
        body = delivery.body.encode()
        signature = scheme(delivery.provider).sign(hook.secret, body)
        try:
            headers = {"Content-Type": "application/json", **delivery.headers, **signature}
            answer = await self._http.post(hook.url, content=body, headers=headers)
        except httpx.HTTPError as problem:
            return type(problem).__name__
        return "taken" if answer.is_success else str(answer.status_code)
