"""What goes wrong from a moment on: what the database refuses to whom, and flows that fail."""

from __future__ import annotations

import time
from collections.abc import Sequence

from devkit.cohabitation.model import Trouble
from devkit.cohabitation.pair import Pair, Side
from devkit.cohabitation.sql import ServerLog, SqlError
from devkit.cohabitation.traffic import Traffic

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

    def troubles(self, where: str, file: str = "", *, since: str = "", until: str = "") -> list[Trouble]:
        """What the database refused, between two marks in its log."""
        found = []
        for error in self._errors(since, until):
            service, _, key = error.user.rpartition(".")
            code = next(side.name for side in self._sides if side.key == key)
            found.append(Trouble(f"{service} of {code}", where, error.told, file))
        return found

    def failure(self, traffic: Traffic, where: str, file: str = "") -> list[Trouble]:
        """The flow that failed of itself, with the services' last lines that tell of an error."""
        failed = traffic.failure
        if failed is None or self._cut:
            return []
        lines = [] if self._errors() else [line for side in self._sides for line in side.last_errors()]
        codes = " and ".join(side.name for side in self._sides)
        problem = "\n    ".join([str(failed.problem), *lines])
        return [Trouble(f"flow {failed.flow} with {codes}", where, problem, file)]

    def _errors(self, since: str = "", until: str = "") -> list[SqlError]:
        keys = {side.key for side in self._sides}
        found = self._log.errors(since or self.began, until)
        return [error for error in found if error.user.rpartition(".")[2] in keys]
