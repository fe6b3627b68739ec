"""What goes wrong from a moment on: what the database refuses to whom, and flows that fail."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from devkit.cohabitation.model import Trouble
from devkit.cohabitation.pair import Pair, Side
from devkit.cohabitation.sql import ServerLog, SqlError
from devkit.cohabitation.steps import Step
from devkit.cohabitation.traffic import Drive, Traffic

__all__ = ["Watch"]

# Seconds between looks, and those after the first error in which others may follow; a flow that waits for what will not come
# would take minutes.
_EVERY, _GRACE = 0.2, 3.0


class Watch:
    """Of some codes, from its making on."""

    def __init__(self, pair: Pair, log: ServerLog, sides: Sequence[Side]) -> None:
        self._pair, self._log, self._sides = pair, log, sides
        self._cut = False
        for side in sides:
            side.forget_lines()
        pair.resume()
        self.began = log.mark()

    def follow(self, traffic: Traffic, rounds: int, since: float) -> None:
        """Returns when each flow was driven so many times since then (`time.monotonic`), when one has failed, or soon after the
        database has refused something: then the traffic is cut off."""
        ends = 0.0
        while not traffic.failure and traffic.rounds(since) < rounds:
            time.sleep(_EVERY)
            if not ends and self._errors():
                ends = time.monotonic() + _GRACE
            if ends and time.monotonic() > ends:
                self._cut = True
                self._pair.cut()
                traffic.stop()
                return

    def troubles(self, where: str, *, failed: Drive | None = None, refused: bool = True) -> list[Trouble]:
        """What the database `refused` so far, and what came of it: the flow that `failed`. Where it refused nothing, the
        services' last lines that tell of an error."""
        return self._troubles(self._errors() if refused else [], failed, where)

    def around(self, step: Step, applied: str, at: float, before: Traffic, after: Traffic) -> list[Trouble]:
        """Around a migration that was `applied` at a mark in the log, and `at` a time: what goes wrong from then on, and what
        did only meanwhile. `before` is the traffic that met it, `after` that since then; often the same."""
        late, failed = self._errors(applied), after.failure
        lasting = failed if failed and (late or failed.began >= at) else None
        found = self._troubles(late, lasting, f"on the schema of {step.name}", step.file)
        told = {(error.user, error.message) for error in late}
        early = [e for e in self._errors(until=applied) if (e.user, e.message) not in told]
        passing = None if lasting else before.failure
        return found + self._troubles(early, passing, f"as {step.name} is applied", step.file)

    def _troubles(
        self, errors: Sequence[SqlError], failed: Drive | None, where: str, file: str = ""
    ) -> list[Trouble]:
        if failed and self._cut:
            failed = None  # it was broken off
        found = [self._trouble(error, where, file) for error in errors]
        if found and failed:
            words = f"{found[0].problem}; flow {failed.flow} fails: {failed.problem}"
            found[0] = replace(found[0], problem=words)
        elif failed:
            lines = [line for side in self._sides for line in side.last_errors()]
            codes = " and ".join(side.name for side in self._sides)
            problem = "\n    ".join([str(failed.problem), *lines])
            found = [Trouble(f"flow {failed.flow} with {codes}", where, problem, file)]
        return found

    def _trouble(self, error: SqlError, where: str, file: str) -> Trouble:
        service, _, key = error.user.rpartition(".")
        code = next(side.name for side in self._sides if side.key == key)
        return Trouble(f"{service} of {code}", where, error.told, file)

    def _errors(self, since: str = "", until: str = "") -> list[SqlError]:
        keys = {side.key for side in self._sides}
        found = self._log.errors(since or self.began, until)
        return [error for error in found if error.user.rpartition(".")[2] in keys]
