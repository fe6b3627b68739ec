"""libs/common: dependencies are asked rarely and never waited for, and what comes and goes does not count."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from common import checks
from common.asking import DEADLINE_SECONDS, Question
from common.checks import Check, Unwell
from common.health import Health, Readiness
from common.lifecycle import Lifecycle

from tests.support.polling import looks

# `timeoutSeconds` of the readiness probes in k8s/.
PROBE_SECONDS = 3


async def hangs() -> None:
    await asyncio.sleep(600)


async def answers() -> None:
    return


async def fails() -> None:
    raise ConnectionError("postgresql://user:password@host")


def health(**kinds: dict[str, Callable[[], Awaitable[object]]]) -> Health:
    """Each kind is a method of Health; its probes by name."""
    made = Health(Lifecycle())
    for kind, probes in kinds.items():
        for name, probe in probes.items():
            getattr(made, kind)(name, probe)
    return made


def readiness(made: Health) -> Readiness:
    async def ask() -> Readiness:
        try:
            return await made.readiness()
        finally:
            await made.close()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (health(), "ok"),
        (health(needs={"a": answers}, uses={"b": answers}, calls={"c": answers}), "ok"),
        (health(needs={"a": answers, "b": fails}), "unavailable"),
        (health(needs={"a": answers}, uses={"b": fails}), "degraded"),
        (health(needs={"a": answers}, calls={"c": answers, "d": fails}), "degraded"),
        (health(needs={"a": answers}, calls={"c": fails, "d": fails}), "unavailable"),
    ],
)
def test_what_is_down_decides(made: Health, status: str) -> None:
    answer = readiness(made)
    assert (answer.status, answer.code) == (status, 503 if status == "unavailable" else 200)
    assert "password" not in answer.model_dump_json()


def test_a_service_tells_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def backlog() -> dict[str, int]:
        return {"waiting": 3}

    made = health(needs={"a": answers})
    made.tells("backlog", backlog)
    made.tells("not now", fails)
    answer = readiness(made).model_dump()
    assert (answer["status"], answer["backlog"]) == ("ok", {"waiting": 3})
    assert "not now" not in answer


def test_a_hanging_dependency_is_named_in_time() -> None:
    assert DEADLINE_SECONDS <= PROBE_SECONDS - 1, "the probe must still hear the answer"
    answer = readiness(health(needs={"postgres": hangs, "redis": answers}))
    found = {check.name: (check.state, check.detail) for check in answer.checks}
    assert found == {"postgres": ("down", "TimeoutError"), "redis": ("up", "")}


def test_what_cannot_even_be_cancelled_is_not_waited_for_nor_asked_again() -> None:
    asked = 0

    async def stubborn() -> None:
        nonlocal asked
        asked += 1
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError:
                continue

    async def ask() -> None:
        question = Question(stubborn, deadline=0.05)
        for _ in range(3):
            assert isinstance((await question.answer()).problem, TimeoutError)
        over.set()

    over = asyncio.Event()
    asyncio.run(ask())
    assert asked == 1


def test_a_thousand_at_once_are_one_question() -> None:
    asked = 0

    async def count() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)

    async def ask() -> None:
        check = Check("postgres", count)
        first, *others = await asyncio.gather(*(check.ask() for _ in range(1000)))
        assert first.state == "up"
        assert all(each == first for each in others)
        await check.close()

    asyncio.run(ask())
    assert asked == 1


def test_a_caller_that_goes_away_takes_nobody_along() -> None:
    async def ask() -> None:
        release = asyncio.Event()
        check = Check("postgres", release.wait)
        gone, stays = asyncio.create_task(check.ask()), asyncio.create_task(check.ask())
        await asyncio.sleep(0)
        gone.cancel()
        release.set()
        assert (await stays).state == "up"
        await check.close()

    asyncio.run(ask())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is put, and what is doubted is so for a moment only."""
    for name, seconds in {"FRESH_SECONDS": 0, "DOUBTED_SECONDS": 0, "STEADY_SECONDS": 0.05}.items():
        monkeypatch.setattr(checks, name, seconds)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("first", ["up", "down"])
def test_one_that_comes_and_goes_does_not_count(first: str) -> None:
    """It never answers twice alike."""
    states = iter(["up", "up", *["down", "up"] * 50] if first == "up" else ["up", "down"] * 50)

    async def flaps() -> None:
        if next(states) == "down":
            raise ConnectionError

    async def ask() -> None:
        check = Check("redis", flaps)
        heard = {(await check.ask()).state: check.counts_as_up for _ in range(40)}
        assert heard == {"up": True, "down": True}
        await check.close()

    asyncio.run(ask())


@pytest.mark.usefixtures("quick")
def test_one_that_stays_away_counts_by_itself_and_so_does_its_return() -> None:
    state = "up"

    async def probe() -> None:
        if state != "up":
            raise Unwell("down", "does not run")

    async def until(check: Check, up: bool) -> None:
        for _ in looks():
            await asyncio.sleep(0)
            if check.counts_as_up is up:
                return
        raise AssertionError(f"it never counts as {'up' if up else 'down'}")

    async def ask() -> None:
        nonlocal state
        check = Check("redis", probe)
        await check.ask()
        assert check.counts_as_up
        state = "down"
        said = await check.ask()
        assert (said.state, said.detail, check.counts_as_up) == ("down", "does not run", True)
        await until(check, False)  # without any further probe
        state = "up"
        said = await check.ask()
        assert (said.state, check.counts_as_up) == ("up", False)
        assert said.detail == "answers again; not yet for long enough"
        await until(check, True)
        await check.close()

    asyncio.run(ask())


@pytest.mark.usefixtures("quick")
def test_a_service_that_starts_before_its_database_is_ready_as_soon_as_that_is() -> None:
    states = iter(["down", "down", "up"])

    async def probe() -> None:
        if next(states) == "down":
            raise ConnectionError

    async def ask() -> None:
        check = Check("postgres", probe)
        assert [((await check.ask()).state, check.counts_as_up) for _ in range(3)] == [
            ("down", False),
            ("down", False),
            ("up", True),
        ]
        await check.close()

    asyncio.run(ask())
