"""Live events while Redis is gone: nobody waits for them, and pages are told to ask for what they missed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from common.redis_client import connect
from order_service.events import Events

from tests.support.fault_proxy import FaultProxy, Way
from tests.support.polling import PATIENCE
from tests.support.storage import RedisServer

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("harm", [Way.down, Way.hang])
def test_what_was_not_sent_is_made_up_for(
    proxy: FaultProxy, redis: RedisServer, harm: Callable[[Way], None]
) -> None:
    way = proxy.way(f"events-{harm.__name__}", redis.port)

    async def test() -> None:
        heard = connect(redis.url).pubsub(ignore_subscribe_messages=True)
        await heard.subscribe("socketio")
        events = Events(f"redis://127.0.0.1:{way.port}/0")
        await events.send("order.updated", {"id": 1})
        assert await _next(heard.get_message) == ["order.updated", [{"id": 1}]]
        harm(way)
        async with asyncio.timeout(PATIENCE):
            await events.send("order.updated", {"id": 2})
        way.restore()
        assert await _next(heard.get_message) == ["orders.missed", [{}]]
        await events.send("order.updated", {"id": 3})
        assert await _next(heard.get_message) == ["order.updated", [{"id": 3}]]
        await events.close()
        await heard.aclose()  # type: ignore[no-untyped-call]

    asyncio.run(test())


def test_pages_ask_again_when_a_service_begins(redis: RedisServer) -> None:
    async def test() -> None:
        heard = connect(redis.url).pubsub(ignore_subscribe_messages=True)
        await heard.subscribe("socketio")
        events = Events(redis.url)
        events.begin()
        assert await _next(heard.get_message) == ["orders.missed", [{}]]
        await events.close()
        await heard.aclose()  # type: ignore[no-untyped-call]

    asyncio.run(test())


async def _next(get: Callable[..., Awaitable[dict[str, bytes] | None]]) -> list[object]:
    """The next event: its name and content."""
    async with asyncio.timeout(PATIENCE):
        while (message := await get(timeout=1.0)) is None:
            pass
    told = json.loads(message["data"])
    return [told["event"], told["data"]]
