"""Every request to another, fresh process: in front of each service stands a server that hands each connection to a process
which has answered nothing yet, and which leaves afterwards.

A WebSocket keeps its process until it is closed, as behind a load balancer. A process that is asked nothing is replaced too,
one after the other: so jobs, which any process of a service may take, meet processes that have not done the ones before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Coroutine, Iterable, Iterator, Mapping
from dataclasses import replace

from devkit.engines.local.runner import UnitRunner
from devkit.engines.local.units import Unit
from devkit.instance.exchange import LARGEST_HEAD, exchange, path_of, probes_of, read_head
from devkit.instance.instance import PrivateInstance
from devkit.instance.places import free_ports, moved

__all__ = ["Hopping", "hopping"]

# Processes of a service; more than one flow has connections at once.
_PROCESSES = 3
# Seconds after which one that is asked nothing is replaced.
_IDLE = 4.0


class _Front:
    """One service's. Each of its processes is replaced by another after every connection, but for those that ask for its
    health (`probes`)."""

    def __init__(self, port: int, probes: Collection[str]) -> None:
        self._port, self._probes = port, set(probes)
        self._fresh: asyncio.Queue[UnitRunner] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.hops = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=LARGEST_HEAD)

    def add(self, runners: Iterable[UnitRunner]) -> None:
        """Processes that are being started."""
        for runner in runners:
            self._begin(self._when_ready(runner))

    def replace_idle(self) -> None:
        """From here on also processes leave that are asked nothing."""
        self._begin(self._replace_idle())

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        while self._tasks:  # one that ends may begin another
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._begin(self._hand_over(reader, writer))

    async def _hand_over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_head(reader)
        if head is None:
            writer.close()
            return
        runner = await self._fresh.get()
        is_probe = path_of(head) in self._probes
        if is_probe:
            self._fresh.put_nowait(runner)
        self.hops += not is_probe
        assert runner.unit.port is not None
        try:
            await exchange(head, runner.unit.port, reader, writer)
        except OSError:
            pass
        finally:
            writer.close()
            if not is_probe:
                self._begin(self._replace(runner))

    async def _replace(self, runner: UnitRunner) -> None:
        runner.ready.clear()
        runner.settled.clear()
        runner.restart()
        await self._when_ready(runner)

    async def _when_ready(self, runner: UnitRunner) -> None:
        await runner.ready.wait()
        self._fresh.put_nowait(runner)

    async def _replace_idle(self) -> None:
        while True:
            await asyncio.sleep(_IDLE)
            if self._fresh.qsize() > 1:  # nobody waits for it
                await self._replace(self._fresh.get_nowait())


class Hopping:
    """`hops`: how many requests each service got, each in a process of its own."""

    def __init__(self, fronts: Mapping[str, _Front]) -> None:
        self._fronts = fronts

    @property
    def hops(self) -> dict[str, int]:
        """By service."""
        return {name: front.hops for name, front in self._fronts.items()}


@contextlib.contextmanager
def hopping(instance: PrivateInstance, adapt: Mapping[str, Unit]) -> Iterator[Hopping]:
    """While the block runs each of these services is several processes behind a front. `adapt`: service → its unit as it is
    to run. Raises DevkitError for one that does not get ready."""
    ports = iter(free_ports(_PROCESSES * len(adapt)))
    processes = {
        name: [replace(moved(unit, next(ports)), name=f"{name}-{number + 1}") for number in range(_PROCESSES)]
        for name, unit in adapt.items()
    }
    fronts = {
        name: _Front(int(unit.port or 0), probes_of(instance.table.services[name]))
        for name, unit in adapt.items()
    }

    async def opened() -> None:
        for front in fronts.values():
            await front.open()

    async def added() -> None:
        for name, front in fronts.items():
            front.add(instance.runner(each.name) for each in processes[name])

    async def settled() -> None:
        for front in fronts.values():
            front.replace_idle()

    async def closed() -> None:
        for front in fronts.values():
            await front.close()

    instance.run(lambda unit: [] if unit.name in fronts else [unit])  # whose ports the fronts take
    try:
        instance.call(opened())
        # Services ask each other whether they are ready: the fronts are there before all of them are.
        instance.begin(lambda unit: processes.get(unit.name, [unit]))
        instance.call(added())
        instance.settle()
        instance.call(settled())
        yield Hopping(fronts)
    finally:
        instance.call(closed())
