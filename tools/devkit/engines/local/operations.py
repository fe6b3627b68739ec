"""What a running platform is told: restart, stop and add services, and run what the table says now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from devkit.base.errors import DevkitError
from devkit.engines.local.runners import Runners
from devkit.engines.local.units import TASK, Unit, wanted_ports
from devkit.engines.ports import refuse_taken_ports

__all__ = ["Asked", "Operations"]


@dataclass(frozen=True)
class Asked:
    """What `up` was asked for: `only` these (empty: all), and `also` what later calls named."""

    only: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


class Operations:
    """On the runners of a clone, one at a time. `replan` says which units are to run; `changed` is called when other
    processes run, `on_others` when these have other files to be watched."""

    def __init__(
        self,
        runners: Runners,
        replan: Callable[[Asked], Sequence[Unit]],
        asked: Asked,
        *,
        offset: int,
        say: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._runners, self._replan, self._asked = runners, replan, asked
        self._offset, self._say, self._changed = offset, say, changed
        self._changing = asyncio.Lock()
        self.on_others: Callable[[], None] = lambda: None

    async def restart(self, names: Sequence[str]) -> None:
        """Restarts units, or starts those that were stopped, each after what it needs of these. Returns once each is ready,
        has crashed or waits for one that is not ready."""
        left = dict.fromkeys(names)
        while left:
            runners = [runner for name in left if (runner := self._runners.get(name))]
            batch = [runner for runner in runners if not left.keys() & set(runner.unit.needs)] or runners
            left = dict.fromkeys(runner.name for runner in runners if runner not in batch)
            for runner in batch:
                if not self._runners.release([runner.name]):
                    runner.give_up_debugger()
                    runner.ready.clear()
                    runner.settled.clear()
                    runner.restart()
            await self._runners.settled([runner.name for runner in batch])

    async def stop(self, names: Sequence[str]) -> None:
        """Stops units until they are started again by `restart` or `add`."""
        async with self._changing:
            await self._runners.hold(names)
            self._changed()

    def stopped_needs(self, names: Sequence[str]) -> list[str]:
        """What these units need, was stopped, and is none of these."""
        needs = dict.fromkeys(
            need for runner in self._runners if runner.name in names for need in runner.unit.needs
        )
        return [need for need in needs if need not in names and self._runners.is_held(need)]

    def needing(self, names: Sequence[str]) -> list[str]:
        """What runs and needs one of these units."""
        return [
            runner.name
            for runner in self._runners
            if runner.unit.kind != TASK
            and not self._runners.is_held(runner.name)
            and runner.name not in names
            and set(names) & set(runner.unit.needs)
        ]

    async def add(self, services: Sequence[str]) -> list[str]:
        """Runs these as well, and what was stopped of them; without names everything. Returns the names of what starts.

        Raises DevkitError when it cannot be.
        """
        async with self._changing:
            running = {runner.name for runner in self._runners}
            more = tuple(name for name in services if name not in running)
            asked = (
                Asked((), self._asked.also)
                if not services
                else replace(self._asked, also=(*self._asked.also, *more))
            )
            stopped, started = await self._apply(asked)
            self._asked = asked
            released = self._runners.release(services or None)
            if stopped or started:
                self._say(f"./devkit up: started {' '.join(started)}")
                self.on_others()
            return [*started, *released]

    async def reconfigure(self) -> bool:
        """Reads table and secrets again, and runs what they say now. Returns whether other files are to be watched."""
        async with self._changing:
            try:
                stopped, started = await self._apply(self._asked)
            except DevkitError as problem:
                self._say(problem.message)
                return False
        news = {
            "started": [name for name in started if name not in stopped],
            "stopped": [name for name in stopped if name not in started],
            "restarted": [name for name in started if name in stopped and not self._runners.is_held(name)],
        }
        if said := ", ".join(f"{what} {' '.join(names)}" for what, names in news.items() if names):
            self._say(f"dev/services.yaml changed: {said}")
        return bool(started or stopped)

    async def _apply(self, asked: Asked) -> tuple[list[str], list[str]]:
        """Runs what table and secrets say now. Returns what was stopped and what was started, as `Runners.apply`.

        Raises DevkitError before anything has changed.
        """
        units = self._replan(asked)
        held = self._runners.ports()
        refuse_taken_ports(
            {port: name for port, name in wanted_ports(units).items() if port not in held}, self._offset
        )
        changed = await self._runners.apply(units)
        self._changed()
        return changed
