"""The new migrations applied, one step after the other, while the old code is under traffic."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from devkit.base.errors import DevkitError
from devkit.cohabitation.model import Trouble
from devkit.cohabitation.pair import Pair
from devkit.cohabitation.sql import ServerLog
from devkit.cohabitation.steps import Step
from devkit.cohabitation.traffic import Traffic
from devkit.cohabitation.watch import Watch

__all__ = ["Expanding"]


class Expanding:
    """`drive` begins with the old code's flows. `troubles` is what went wrong; `works`: the old code works on every schema,
    whatever may have failed while one was being made; `migrated`: all migrations were applied."""

    def __init__(
        self, pair: Pair, log: ServerLog, drive: Callable[[], Traffic], say: Callable[[str], None]
    ) -> None:
        self._pair, self._log, self._drive, self._say = pair, log, drive, say
        self.troubles: list[Trouble] = []
        self.works = self.migrated = True

    def run(self, steps: Sequence[Step]) -> None:
        """Up to the first that the old code does not work with; those after it are applied without it."""
        traffic = self._drive()
        for step in steps:
            if not self.migrated:
                return
            if not self.works:
                self._say(f"applying {step.name}")
                self._apply(step)
                continue
            self._say(f"applying {step.name} while {self._pair.old.name} is under traffic")
            traffic = self._under_traffic(step, traffic, is_last=step is steps[-1])
            if not (self.works and self.migrated):
                traffic.stop()

    def _under_traffic(self, step: Step, met: Traffic, *, is_last: bool) -> Traffic:
        """The traffic that goes on."""
        watch = Watch(self._pair, self._log, [self._pair.old])
        self._apply(step)
        if not self.migrated:
            return met
        fine = watch.follow(met, 1, time.monotonic())
        if is_last:
            met.stop()
            fine = fine and not met.failure
        if fine:
            return met
        met.stop()
        later = Watch(self._pair, self._log, [self._pair.old])  # is it so from now on, or was it only then?
        traffic = self._drive()
        later.follow(traffic, 1)
        if is_last:
            traffic.stop()
        errors, failed = later.errors(), traffic.failure
        lasting = later.troubles(errors, failed, f"on the schema of {step.name}", step.file)
        told = {(error.user, error.message) for error in errors}
        early = [error for error in watch.errors() if (error.user, error.message) not in told]
        passing = watch.troubles(
            early, None if lasting else met.failure, f"as {step.name} is applied", step.file
        )
        self.troubles += [*lasting, *passing]
        self.works = not lasting
        return traffic

    def _apply(self, step: Step) -> None:
        try:
            step.apply(self._pair.url)
        except DevkitError as problem:
            self.troubles.append(Trouble(step.name, "is not applied", problem.message, step.file))
            self.migrated = False
