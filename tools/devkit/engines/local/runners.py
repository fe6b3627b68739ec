"""The runners of a clone: one per unit, each with its task. Units come, go and change while the others run on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from devserve.runner import LOOK

from devkit.engines.events import State
from devkit.engines.local.runner import UnitRunner
from devkit.engines.local.units import Unit

__all__ = ["Runners"]


class Runners:
    """`make` gives a unit its runner. `failed` is told of a defect in devkit itself, which ends a runner's task: it must
    not look like a service that takes long."""

    def __init__(
        self,
        units: Sequence[Unit],
        make: Callable[[Unit], UnitRunner],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._make, self._failed = make, failed
        self._all = {unit.name: make(unit) for unit in units}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._held: set[str] = set()

    def __iter__(self) -> Iterator[UnitRunner]:
        return iter(self._all.values())

    def get(self, unit: str) -> UnitRunner | None:
        """The runner of a unit; None when there is none of that name, or it is off."""
        runner = self._all.get(unit)
        return None if runner is None or runner.status.state is State.OFF else runner

    def start(self) -> None:
        """Starts every unit that has not been started and is not held."""
        for name, runner in self._all.items():
            if name not in self._tasks and name not in self._held:
                needs = [self._all[need] for need in runner.unit.needs if need in self._all]
                task = self._tasks[name] = asyncio.create_task(runner.run(needs, runner.unit.off or ""))
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()):
            self._failed(problem)

    def ports(self) -> set[int]:
        """Where units of this clone listen."""
        return {port for runner in self if runner.unit.process for port in runner.ports()}

    async def apply(self, units: Sequence[Unit]) -> tuple[list[str], list[str]]:
        """Makes the runners those of `units`: new ones start, others stop, and what changed restarts.

        Returns the names of what was stopped and of what was started in its place or for the first time.
        """
        wanted = {unit.name: unit for unit in units}
        others = [
            runner
            for name, runner in self._all.items()
            if name not in wanted or _differs(runner.unit, wanted[name])
        ]
        await self._stop(others)
        for runner in others:
            await runner.close()
            runner.settled.set()  # to whoever waits for it
            del self._all[runner.unit.name]
        kept = dict(self._all)
        self._all = {name: kept.get(name) or self._make(unit) for name, unit in wanted.items()}
        for name, runner in kept.items():
            if runner.unit.environment != wanted[name].environment:
                runner.change_environment(wanted[name])
        self._held &= set(wanted)
        for name in self._held - set(kept):
            self._all[name].hold()
        self.start()
        return [runner.unit.name for runner in others], [name for name in wanted if name not in kept]

    async def hold(self, names: Collection[str]) -> None:
        """Stops these until they are released; reconfiguring does not start them."""
        held = [self._all[name] for name in names if name not in self._held]
        self._held |= set(names)
        await self._stop(held)
        for runner in held:
            await runner.close()
            runner.hold()

    def release(self, names: Collection[str] | None = None) -> list[str]:
        """Starts those of these (default: of all) that are held. Returns their names."""
        released = [name for name in self._all if name in self._held and (names is None or name in names)]
        for name in released:
            self._held.discard(name)
            self._all[name].release()
        self.start()
        return released

    def is_held(self, name: str) -> bool:
        """Whether it was stopped by its name."""
        return name in self._held

    async def stop(self) -> None:
        """Stops everything."""
        await self._stop(list(self._all.values()))

    async def _stop(self, runners: Sequence[UnitRunner]) -> None:
        """What uses the databases first, all at once; then the databases."""
        stores = [runner for runner in runners if runner.unit.process and runner.unit.process.store]
        for each in ([runner for runner in runners if runner not in stores], stores):
            await asyncio.gather(*(self._end(runner) for runner in each))

    async def _end(self, runner: UnitRunner) -> None:
        """Also waits for a process that is just being started or prepared: it must not be left behind."""
        await runner.stop()
        task = self._tasks.pop(runner.unit.name, None)
        if task is not None:
            await asyncio.wait({task})

    async def settled(self, names: Collection[str] | None = None) -> None:
        """Returns when each of these units (default: of all) is ready, off, stopped, has crashed once, or waits for one
        that is not ready; and is not just being started again, as after a save."""
        while awaited := [
            runner
            for name, runner in self._all.items()
            if (names is None or name in names)
            and (_is_starting(runner) or not (runner.settled.is_set() or self._is_held_up(runner)))
        ]:
            with contextlib.suppress(TimeoutError):
                if awaited[0].settled.is_set():
                    await asyncio.sleep(LOOK)
                else:
                    await asyncio.wait_for(awaited[0].settled.wait(), LOOK)

    def _is_held_up(self, runner: UnitRunner) -> bool:
        needs = [self._all[name] for name in runner.unit.needs if name in self._all]
        return runner.status.state is State.WAITING and any(
            (need.settled.is_set() and not need.ready.is_set()) or self._is_held_up(need) for need in needs
        )


def _is_starting(runner: UnitRunner) -> bool:
    """Whether it will be ready or crash in a moment; one that waits for a debugger may take for ever."""
    return runner.status.state is State.STARTING and runner.status.debugger != "awaited"


def _differs(now: Unit, wanted: Unit) -> bool:
    """In more than its environment."""
    return replace(now, environment={}) != replace(wanted, environment={})
