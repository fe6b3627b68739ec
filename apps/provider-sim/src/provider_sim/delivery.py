"""Posts webhooks to the gateway, signed as the providers sign them, again and again until it takes them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

import httpx
from signatures import scheme

from provider_sim.store import Delivery, Store

__all__ = ["Courier"]

_GIVE_UP_AFTER = 60
_LONGEST_PAUSE = 30.0

logger = logging.getLogger(__name__)


class Courier:
    """Delivers webhooks; `secrets` holds each provider's by its name."""

    def __init__(self, http: httpx.AsyncClient, secrets: Mapping[str, str]) -> None:
        self._http = http
        self._secrets = secrets

    async def deliver(self, store: Store) -> None:
        """Posts what is due. What the gateway does not take is kept for later, with growing pauses."""
        due = await store.deliveries(time.time())
        await asyncio.gather(*(self._post(store, delivery) for delivery in due))

    async def _post(self, store: Store, delivery: Delivery) -> None:
        body = delivery.body.encode()
        signature = scheme(delivery.provider).sign(self._secrets[delivery.provider], body)
        headers = {"Content-Type": "application/json", **signature}
        try:
            answer = await self._http.post(delivery.path, content=body, headers=headers)
            outcome = str(answer.status_code)
            taken = answer.is_success
        except httpx.HTTPError as problem:
            outcome, taken = type(problem).__name__, False
        if taken:
            await store.delivered(delivery)
            return
        delivery.attempts += 1
        about = {"provider": delivery.provider, "attempts": delivery.attempts, "outcome": outcome}
        if delivery.attempts >= _GIVE_UP_AFTER:
            logger.error("gave up on a webhook", extra=about)
            await store.delivered(delivery)
            return
        logger.warning("webhook not accepted", extra=about)
        pause = min(0.5 * 2 ** (delivery.attempts - 1), _LONGEST_PAUSE)
        await store.try_again(delivery, time.time() + pause)
