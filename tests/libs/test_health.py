"""libs/common: the health routes of an application, from its start to its end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from common.application import base_app
from common.settings import PlatformSettings
from fastapi import FastAPI


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> PlatformSettings:
    for name, value in {"NODE_ENV": "development", "LOG_LEVEL": "info", "BREAKPOINT_SECONDS": "0"}.items():
        monkeypatch.setenv(name, value)
    return PlatformSettings.load("shop")


@asynccontextmanager
async def nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def asking(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        yield client


@pytest.mark.parametrize(
    ("node_env", "clone", "told"),
    [("development", "id@1:2", "id@1:2"), ("production", "id@1:2", None), ("development", None, None)],
)
def test_clone_and_host_are_told_in_development_alone(
    monkeypatch: pytest.MonkeyPatch, node_env: str, clone: str | None, told: str | None
) -> None:
    monkeypatch.delenv("DEVKIT_CLONE", raising=False)
    for name, value in {"NODE_ENV": node_env, "LOG_LEVEL": "info", "BREAKPOINT_SECONDS": "0"}.items():
        monkeypatch.setenv(name, value)
    if clone:
        monkeypatch.setenv("DEVKIT_CLONE", clone)
    app = base_app("shop", PlatformSettings.load("shop"), nothing)

    async def ask() -> dict[str, object]:
        async with asking(app) as client:
            answer: dict[str, object] = (await client.get("/health/live")).json()
            return answer

    alive = asyncio.run(ask())
    assert alive.get("clone") == told
    assert ("clone" in alive) is (told is not None)
    assert alive.get("instance") == (socket.gethostname() if node_env == "development" else None)


def test_from_the_start_to_the_end(settings: PlatformSettings) -> None:
    seen: list[list[object]] = []

    async def look(app: FastAPI) -> None:
        async with asking(app) as client:
            asked = [await client.get(f"/health/{path}") for path in ("live", "startup", "ready")]
            other = await client.get("/stock")
        seen.append([*(each.status_code for each in asked), asked[-1].json()["status"], other.status_code])

    @asynccontextmanager
    async def lifetime(app: FastAPI) -> AsyncIterator[None]:
        await look(app)
        yield

    app = base_app("shop", settings, lifetime)
    app.get("/stock")(lambda: 3)

    async def live() -> None:
        for _ in range(2):  # a second life is as the first
            async with app.router.lifespan_context(app):
                await look(app)
                app.state.lifecycle.drain()
                await look(app)

    asyncio.run(live())
    starting, running, draining = [200, 503, 503, "starting", 503], [200, 200, 200, "ok", 200], [200, 200, 503, "draining", 200]  # fmt: skip
    assert seen == [starting, running, draining] * 2


def test_what_stops_early_is_stopped_once_and_waited_for(settings: PlatformSettings) -> None:
    told: list[str] = []

    async def stop() -> None:
        told.append("begun")
        await asyncio.sleep(0.01)
        told.append("stopped")

    @asynccontextmanager
    async def lifetime(app: FastAPI) -> AsyncIterator[None]:
        finish = app.state.lifecycle.stops_early(stop)
        yield
        await finish()
        told.append("closed")

    app = base_app("shop", settings, lifetime)

    async def live(drained: bool) -> None:
        async with app.router.lifespan_context(app):
            if drained:
                app.state.lifecycle.drain()
                app.state.lifecycle.drain()
                await asyncio.sleep(0)
                told.append("still there")

    asyncio.run(live(drained=True))
    assert told == ["begun", "still there", "stopped", "closed"]
    told.clear()
    asyncio.run(live(drained=False))
    assert told == ["begun", "stopped", "closed"]


def test_head_is_answered_as_get_is(settings: PlatformSettings) -> None:
    app = base_app("shop", settings, nothing)
    mounted = FastAPI()
    app.mount("/mounted", mounted)

    @app.get("/stock")
    async def stock() -> list[int]:
        return [1, 2, 3]

    @app.post("/stock")
    async def change() -> None:
        return

    @mounted.get("/")
    async def its_own() -> int:
        return 1

    @app.post("/orders")
    async def order() -> None:
        return

    async def ask() -> dict[str, tuple[httpx.Response, httpx.Response]]:
        async with asking(app) as client:
            # The answers name the same trace.
            client.headers["traceparent"] = "00-8c18b9b9d5c5a7f7f82295c6c19ca569-00f067aa0ba902b7-01"
            paths = (
                "/health/live",
                "/health/ready",
                "/health/startup",
                "/stock",
                "/stock/",
                "/docs",
                "/orders",
                "/nowhere",
            )
            return {path: (await client.get(path), await client.head(path)) for path in (*paths, "/mounted/")}

    answers = asyncio.run(ask())
    assert answers.pop("/mounted/")[1].status_code == 405
    for path, (get, head) in answers.items():
        assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b""), path
    assert {path: get.status_code for path, (get, _) in answers.items() if not get.is_success} == {
        "/orders": 405,
        "/nowhere": 404,
    }
