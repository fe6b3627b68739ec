"""What goes wrong from a moment on: what the database refuses to whom, and flows that fail."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from devkit.cohabitation.model import Trouble
from devkit.cohabitation.pair import Pair, Side
from devkit.cohabitation.sql import ServerLog, SqlError
from devkit.cohabitation.traffic import Drive, Traffic

__all__ = ["Watch"]

# Seconds between looks, and those after the first error in which others may follow; a flow that waits for what will not come
# would take minutes.
_EVERY, _GRACE = 0.2, 3.0


class Watch:
    """Of some codes, from its making on."""

    def __init__(self, pair: Pair, log: ServerLog, sides: Sequence[Side]) -> None:
        self._pair, self._log, self._sides = pair, log, sides
        for side in sides:
            side.forget_lines()
        pair.resume()
        self.began = log.mark()

    def follow(self, traffic: Traffic, rounds: int, since: float = 0.0) -> bool:
        """Returns True when each flow was driven so many times since then (`time.monotonic`) and all went well. False when a
        flow has failed, or soon after the database has refused something: then the traffic is broken off."""
        ends = 0.0
        while not traffic.failure and traffic.rounds(since) < rounds:
            time.sleep(_EVERY)
            if not ends and self.errors():
                ends = time.monotonic() + _GRACE
            if ends and time.monotonic() > ends:
                self._pair.cut()
                traffic.break_off()
                return False
        return not traffic.failure and not self.errors()

    def errors(self) -> list[SqlError]:
        """What the database has refused to these codes so far."""
        keys = {side.key for side in self._sides}
        return [each for each in self._log.errors(self.began) if each.user.rpartition(".")[2] in keys]

    def troubles(
        self, errors: Sequence[SqlError], failed: Drive | None, where: str, file: str = ""
    ) -> list[Trouble]:
        """What the database refused, and what came of it: the flow that `failed`. Where it refused nothing, the services' last
        lines that tell of an error."""
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
