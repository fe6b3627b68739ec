"""Whether something that a service uses answers, and whether that counts yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from pydantic import BaseModel

from common.asking import DEADLINE_SECONDS, Asked, Question

__all__ = ["Check", "DependencyState", "Probe", "State", "Unwell"]

# Seconds for which an answer is good; and one that is not good news, or is doubted: it is asked again that soon.
FRESH_SECONDS, DOUBTED_SECONDS = 0.5, 0.2
# For so long must a dependency have answered differently before that counts, and twice at least.
STEADY_SECONDS = 1.5

State = Literal["up", "degraded", "down"]

Probe = Callable[[], Awaitable[object]]
"""Returns when a dependency answers, raises when it does not."""


class Unwell(Exception):
    """Raised by a probe that knows more than that it failed: the state, and words that hold no secret."""

    def __init__(self, state: State, detail: str) -> None:
        super().__init__(detail)
        self.state: State = state
        self.detail = detail


class DependencyState(BaseModel):
    """What one dependency answered; `ms` is how long that took."""

    name: str
    state: State
    ms: float
    detail: str = ""


class Check:
    """One dependency. `heard` is what it answered last; `counts_as_up` follows once that has been so for a while, so that
    a dependency that comes and goes does not take the service along. What is heard first counts at once, and so does the
    first time that it is up."""

    def __init__(self, name: str, probe: Probe, deadline: float = DEADLINE_SECONDS) -> None:
        self.name = name
        self.heard = DependencyState(name=name, state="down", ms=0, detail="not asked yet")
        self.counts_as_up = False
        self._question = Question(probe, deadline)
        self._judged: Asked[object] | None = None
        self._was_up = False
        self._doubted_since: float | None = None
        self._following: asyncio.Task[None] | None = None

    async def ask(self) -> DependencyState:
        """What it answers, or has answered a moment ago. Takes the deadline at most, and raises nothing."""
        calm = self.heard.state == "up" and self.counts_as_up
        answer = await self._question.answer(FRESH_SECONDS if calm else DOUBTED_SECONDS)
        if self._judged is None or answer.at > self._judged.at:
            self._judge(answer)
        return self.heard

    async def close(self) -> None:
        """Asks no more."""
        if self._following is not None:
            self._following.cancel()
        await self._question.close()

    def _judge(self, answer: Asked[object]) -> None:
        first, self._judged = self._judged is None, answer
        self.heard = _state(self.name, answer)
        up = self.heard.state != "down"
        if first or up == self.counts_as_up or (up and not self._was_up):
            self.counts_as_up, self._doubted_since = up, None
        elif self._doubted_since is None:
            self._doubted_since = answer.began
            if self._following is None or self._following.done():
                self._following = asyncio.create_task(self._follow())
        elif answer.at - self._doubted_since >= STEADY_SECONDS:
            self.counts_as_up, self._doubted_since = up, None
        self._was_up = self._was_up or up
        if up and not self.counts_as_up:
            self.heard.detail = "answers again; not yet for long enough"

    async def _follow(self) -> None:
        """Asks until there is no doubt, whether or not anybody else does."""
        while self._doubted_since is not None:
            await asyncio.sleep(DOUBTED_SECONDS)
            await self.ask()


def _state(name: str, answer: Asked[object]) -> DependencyState:
    """The detail is the error's kind: its text could hold a URL with a password."""
    problem = answer.problem
    if problem is None:
        return DependencyState(name=name, state="up", ms=answer.ms)
    if isinstance(problem, Unwell):
        return DependencyState(name=name, state=problem.state, ms=answer.ms, detail=problem.detail)
    return DependencyState(name=name, state="down", ms=answer.ms, detail=type(problem).__name__)
