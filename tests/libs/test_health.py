"""libs/common: a dependency that hangs is named before the readiness probe gives up."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from common import health
from common.health import DEADLINE_SECONDS, readiness_of
from common.settings import PlatformSettings
from fastapi import FastAPI

# `timeoutSeconds` of the readiness probes in k8s/.
PROBE_SECONDS = 3


async def _hangs() -> None:
    await asyncio.sleep(60)


async def _answers() -> None:
    return


def test_a_hanging_dependency_is_named_in_time() -> None:
    readiness = asyncio.run(readiness_of({"postgres": _hangs, "redis": _answers}))
    assert DEADLINE_SECONDS <= PROBE_SECONDS - 1, "the probe must still hear the answer"
    assert readiness.code == 503
    states = {check.name: (check.state, check.detail) for check in readiness.checks}
    assert states == {"postgres": ("down", "TimeoutError"), "redis": ("up", "")}


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
    app = FastAPI()
    settings = PlatformSettings.load("shop")
    app.include_router(health.router("shop", lambda: readiness_of({}), settings.clone, settings.instance))

    async def ask() -> dict[str, object]:
        there = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=there, base_url="http://shop") as client:
            answer: dict[str, object] = (await client.get("/health/live")).json()
            return answer

    alive = asyncio.run(ask())
    assert alive.get("clone") == told
    assert ("clone" in alive) is (told is not None)
    assert alive.get("instance") == (socket.gethostname() if node_env == "development" else None)
