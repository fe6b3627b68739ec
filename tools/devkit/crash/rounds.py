"""One flow after the other, each with a kill at another point."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

from devkit.base.errors import DevkitError, ExitCode
from devkit.base.polling import attempts
from devkit.crash.effects import Effect, Point, Side
from devkit.crash.flows import FOLDER, CrashFlow
from devkit.crash.model import Evidence, Failure, Wanted
from devkit.crash.outcome import Outcome, differences, outcome
from devkit.crash.striker import Striker
from devkit.database.server import WaitPolicy
from devkit.instance import PrivateInstance
from devkit.operations.contract import Operations, opened
from devkit.operations.why import Hop, hops
from devkit.verify.project import Platform

__all__ = ["Rounds"]

Say = Callable[[str], None]
_T = TypeVar("_T")

# Seconds: of nothing, to learn what services do by themselves; for a flow that nobody disturbs; for one that somebody does.
_IDLE, _UNDISTURBED, _PATIENCE = 3.0, 60.0, 60.0
_EVERY = 0.1
# Seconds in which the flow's functions must have been answered.
_ANSWERS = 20.0
_LAST_LINES = 12
# So long nothing may move where nothing goes on by itself.
_STUCK = 10.0
# In so many flows a point may fail to come, which depends on what happens at the same time.
_TRIES = 3


@dataclass(frozen=True)
class _Round:
    """One flow: how it is called, what it is about, where it waits at the end, whether a service was killed, and what the
    services did until it was over."""

    name: str
    subject: str | None
    waits: Sequence[Hop]
    struck: bool
    seen: Sequence[Effect]
    outcome: Outcome | None


class Rounds:
    """Those of one run."""

    def __init__(
        self, instance: PrivateInstance, striker: Striker, flow: CrashFlow, url: str, wanted: Wanted, say: Say, note: Say
    ) -> None:  # fmt: skip
        self._instance, self._striker, self._flow, self._url = instance, striker, flow, url
        self._wanted, self._say, self._note = wanted, say, note
        self._platform = Platform(instance.site())
        self._numbers = count(wanted.seed * 1000)
        self._past: list[tuple[Point, _Round]] = []

    def look(self, seen: Evidence) -> None:
        """Drives the flow undisturbed, twice, and lists its points. Notes a failure where it does not come to the same end."""
        self._say("watching what services do by themselves")
        self._striker.learn()
        time.sleep(_IDLE)
        pulse, tried = self._striker.learned()
        self._say(f"driving {self._flow.name} undisturbed")
        rounds = []
        for _ in range(3):
            rounds.append(self._round(None, _UNDISTURBED))
            if problem := _not_over(rounds[-1]):
                seen.failures.append(Failure("flow", None, problem))
                return
        del rounds[0]  # the first has more to do: caches are empty, connections are made
        first, last = (each.outcome for each in rounds)
        assert first is not None
        assert last is not None
        for _, words in differences(first, last, self._flow.overtaken):
            seen.failures.append(Failure("flow", None, f"two flows differ that nobody disturbed: {words}"))
        seen.expected = last
        counts = [Counter(each.seen) for each in rounds]
        services = {unit.name for unit in self._instance.services()}
        found = {e: n for e, n in (counts[0] | counts[1]).items() if e.service in services and e not in pulse}
        seen.points = list(_points(found, tried))

    def chosen(self, seen: Evidence) -> list[Point]:
        """The points that are to be tried, in the order in which they are. Raises DevkitError (exit 2) when there are none."""
        wanted = self._wanted
        if wanted.at:
            return list(wanted.at)
        found = [point for point in seen.points if all(text in str(point) for text in wanted.only)]
        if not found:
            raise DevkitError(
                f"no point of {self._flow.name} has {' and '.join(map(repr, wanted.only))}",
                fix=f"./devkit crash {self._flow.name} --list",
                exit_code=ExitCode.USAGE,
            )
        drawn = random.Random(wanted.seed)
        return drawn.sample(found, min(wanted.sample or len(found), len(found)))

    def try_all(self, points: Sequence[Point], seen: Evidence) -> None:
        """Kills at each of them."""
        for number, point in enumerate(points, 1):
            self._say(f"{number} of {len(points)}: {point}")
            self._try(point, seen)
            if seen.failures and self._wanted.first:
                return
        self._look_back(seen)

    def _try(self, point: Point, seen: Evidence) -> None:
        for _ in range(_TRIES):
            done = self._round(point, _PATIENCE)
            if done.struck:
                break
            if problem := _not_over(done):
                self._failed(seen, Failure("over", point, f"{problem}, and it was not even killed"))
                return
        else:
            seen.unreached.append(point)
            return
        seen.tried.append(point)
        self._past.append((point, done))
        self._judge(point, done, seen)

    def _judge(self, point: Point, done: _Round, seen: Evidence) -> None:
        if problem := _not_over(done):
            self._failed(seen, Failure("over" if done.subject else "lost", point, problem))
        self._compare(point, done.outcome, seen, over=not problem)

    def _compare(self, point: Point, found: Outcome | None, seen: Evidence, *, over: bool) -> None:
        """What is missing of a flow that is not over may come yet."""
        assert seen.expected is not None
        if found is None:
            return
        if not over:
            found = replace(found, ledger=seen.expected.ledger)
        for rule, words in differences(seen.expected, found, self._flow.overtaken):
            if over or rule == "doubled":
                self._failed(seen, Failure(rule, point, words))

    def _failed(self, seen: Evidence, failure: Failure) -> None:
        if failure not in seen.failures:
            self._note(f"devkit: {failure.point}: {failure.what}")
            seen.failures.append(failure)

    def _look_back(self, seen: Evidence) -> None:
        """What was right at the end of a flow may be done a second time later."""
        self._say("looking at all flows once more")
        for point, done in self._past:
            if done.subject and done.outcome and not done.waits:
                with self._operations() as operations:
                    now = outcome(operations.journal(done.subject), self._ledger(done.name))
                self._compare(point, now, seen, over=True)

    def _round(self, point: Point | None, patience: float) -> _Round:
        self._striker.arm(point)
        name = self._asked("begin", lambda: self._flow.begin(self._platform, next(self._numbers)))
        subject, waits = self._followed(name, patience)
        did, struck = list(self._striker.seen), self._striker.struck
        self._striker.disarm()
        self._wait_for_recovery(point)
        found = None
        if subject is not None:
            with self._operations() as operations:
                entries = operations.journal(subject)
            found = outcome(entries, self._ledger(name))
        return _Round(name, subject, waits, struck, did, found)

    def _followed(self, name: str, patience: float) -> tuple[str | None, Sequence[Hop]]:
        """Its subject and where it waits, once it waits nowhere, or after so many seconds."""
        subject: str | None = None
        waits: Sequence[Hop] = ()
        moved, before = time.monotonic(), waits
        for _ in attempts(patience, _EVERY):
            with self._operations() as operations:
                if found := operations.subjects(name):
                    subject = found[0][0]
                    queues = {queue.queue: queue for queue in operations.queues()}
                    waits = hops(operations.journal(subject), operations.jobs_about(subject), queues)
            if subject is not None and not waits:
                break
            if waits != before:
                moved, before = time.monotonic(), waits
            if waits and all(hop.stuck for hop in waits) and time.monotonic() - moved > _STUCK:
                break
        return subject, waits

    def _ledger(self, name: str) -> Mapping[str, object]:
        return self._asked("ledger", lambda: self._flow.ledger(self._platform, name))

    def _asked(self, function: str, ask: Callable[[], _T]) -> _T:
        """What the flow's function returns. Others may not answer it yet, just after a kill."""
        problem: Exception | None = None
        for _ in attempts(_ANSWERS, _EVERY):
            try:
                return ask()
            except Exception as failed:  # the flow is the repository's own code
                problem = failed
        raise DevkitError(f"{FOLDER}/{self._flow.name}.py: {function}: {problem} ({type(problem).__name__})")

    def _wait_for_recovery(self, point: Point | None) -> None:
        try:
            self._instance.call(self._striker.recovered())
        except TimeoutError:
            assert point is not None
            service = point.effect.service
            lines = "\n    ".join(self._instance.log(service).splitlines()[-_LAST_LINES:])
            raise DevkitError(
                f"killed at {point}, {service} does not get ready again\n    {lines}",
                fix=f"./devkit crash {self._flow.name} --seed {self._wanted.seed} --at '{point}' repeats it",
            ) from None

    def _operations(self) -> AbstractContextManager[Operations]:
        return opened(self._instance.table, self._url, WaitPolicy())


def _points(effects: Mapping[Effect, int], tried: Collection[Effect]) -> Iterator[Point]:
    """On both sides, but for an answer, which is lost or not, and for what nobody knows before it is done."""
    for effect, times in sorted(effects.items()):
        sides: list[Side] = ["before", "after"]
        if effect.kind == "answer":
            sides.remove("after")
        elif effect in tried:
            sides.remove("before")
        yield from (Point(effect, nth, side) for nth in range(1, times + 1) for side in sides)


def _not_over(done: _Round) -> str | None:
    if done.subject is None:
        return "nothing has come of it"
    if done.waits:
        hop = done.waits[0]
        return f"it waits at {hop.hop}: {hop.what}"
    return None
