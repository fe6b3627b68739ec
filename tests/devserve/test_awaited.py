"""A service that is to wait for a debugger waits, whatever its predecessor answers meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from devserve.client import ForkClient
from devserve.life import Port
from devserve.process import Process
from devserve.runner import Runner


class _Slow:
    """Is found ready, but not before it is told to answer."""

    def __init__(self) -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def problem(self, port: int) -> str | None:
        del port
        self.asked.set()
        await self.answer.wait()
        return None


@pytest.mark.parametrize("forked", [True, False])
def test_an_answer_that_was_asked_for_before_does_not_end_the_waiting(forked: bool) -> None:
    async def look() -> str:
        ready = _Slow()
        runner = Runner(
            "stock",
            Process(start={}, ready=ready, forked=forked),
            ForkClient(),
            environment={},
            port=Port(1),
            debug_port=2,
        )
        looking = asyncio.create_task(runner.problem())
        await ready.asked.wait()
        runner.restart(wait_for_debugger=True)
        ready.answer.set()
        await looking
        return runner.life.debugger

    assert asyncio.run(look()) == "awaited"


def test_one_that_goes_on_has_met_its_debugger() -> None:
    async def look() -> str:
        ready = _Slow()
        ready.answer.set()
        runner = Runner(
            "stock", Process(start={}, ready=ready), ForkClient(), environment={}, port=Port(1), debug_port=2
        )
        runner.restart(wait_for_debugger=True)
        await runner.problem()
        return runner.life.debugger

    assert asyncio.run(look()) == "none"
