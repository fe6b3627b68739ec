"""libs/common: a dependency that hangs is named before the readiness probe gives up."""

from __future__ import annotations

import asyncio

from common.health import DEADLINE_SECONDS, readiness_of

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
