"""A request that something holds up is answered all the same."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from common.middleware import Deadline
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from tests.support.in_thread import serving
from tests.support.polling import PATIENCE
from tests.support.shop import eventually

ended: list[str] = []
released = threading.Event()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = FastAPI()
    app.add_middleware(Deadline, seconds=0.5)

    @app.get("/stuck")
    async def stuck() -> None:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            ended.append("cancelled")

    @app.get("/stubborn")
    async def stubborn() -> str:
        """It takes a while to be cancelled, as a query to a server that hangs does."""
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            while not released.is_set():
                await asyncio.sleep(0.05)
            ended.append("at last")
        return ""

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def slowly() -> AsyncIterator[str]:
            for word in ("one ", "two ", "three"):
                yield word
                await asyncio.sleep(0.4)

        return StreamingResponse(slowly())

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("broken")

    @app.get("/fine")
    async def fine() -> str:
        return "fine"

    with serving(app) as at:
        yield at


def get(url: str) -> tuple[int, str]:
    answer = httpx.get(url, timeout=PATIENCE)
    return answer.status_code, answer.text


@pytest.mark.parametrize(("path", "how"), [("stuck", "cancelled"), ("stubborn", "at last")])
def test_what_takes_too_long_is_answered_and_cancelled(url: str, path: str, how: str) -> None:
    released.clear()
    answer = httpx.get(f"{url}/{path}", timeout=PATIENCE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "at last" not in ended  # nobody waits for that
    released.set()
    eventually("it is cancelled", lambda: how in ended)
    assert get(f"{url}/fine") == (200, '"fine"')


def test_an_answer_that_has_begun_is_finished(url: str) -> None:
    assert get(f"{url}/stream") == (200, "one two three")


def test_what_fails_fails_as_before(url: str) -> None:
    assert get(f"{url}/broken") == (500, "Internal Server Error")


def test_a_client_that_goes_away_leaves_nothing(url: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{url}/stuck", timeout=0.2)
    assert get(f"{url}/fine") == (200, '"fine"')
