"""libs/common: a dependency that hangs is named before the readiness probe gives up."""

from __future__ import annotations

import asyncio

import pytest
from common import health
from common.health import DEADLINE_SECONDS, readiness_of
from fastapi import FastAPI
from fastapi.testclient import TestClient

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
    ("environment", "clone"),
    [
        ({"NODE_ENV": "development", "DEVKIT_CLONE": "id@1:2"}, "id@1:2"),
        ({"NODE_ENV": "production", "DEVKIT_CLONE": "id@1:2"}, None),
        ({"DEVKIT_CLONE": "id@1:2"}, None),
        ({"NODE_ENV": "development"}, None),
    ],
)
def test_the_clone_is_told_in_development_alone(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], clone: str | None
) -> None:
    for name in ("NODE_ENV", "DEVKIT_CLONE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = FastAPI()
    app.include_router(health.router("shop", lambda: health.readiness_of({})))
    alive = TestClient(app).get("/health/live").json()
    assert alive.get("clone") == clone
    assert ("clone" in alive) is (clone is not None)
