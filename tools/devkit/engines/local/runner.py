"""The life of one unit: wait for its needs, start, become ready, crash and come back, reload, stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devkit.base.errors import DevkitError
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local.forks import Child, ForkServer, inherited
from devkit.engines.local.logfile import LogFile
from devkit.engines.local.units import TASK, Unit
from devkit.model import LocalProcess

__all__ = ["LOOK", "Runner"]

# Seconds: between tries after a crash (doubling), to end after SIGTERM (of which so many hold back that the next one is
# called ready), between two looks at a service not yet ready.
BACKOFF_FIRST, BACKOFF_MOST = 0.5, 30.0
GRACE, OLD_ENDS = 10.0, 1.0
LOOK = 0.05
# Seconds that `status` gives a service to answer.
EXAMINATION = 1.5
LAST_LINES = 12


class Runner:
    """One unit's life. `run` returns only when it is told to stop."""

    def __init__(
        self, unit: Unit, forks: ForkServer, log: LogFile, notify: Listener, changed: Callable[[], None]
    ) -> None:
        self.unit = unit
        self.status = Status(unit.name, unit.kind, port=unit.port, debug_port=unit.debug_port, card=unit.card)
        self.status.debugger = "none" if unit.debug_port else ""
        self.ready = asyncio.Event()
        self.settled = asyncio.Event()  # ready, off, or crashed at least once: `up --detach` may report
        self.child: Child | None = None
        self._old: asyncio.Task[None] | None = None  # lets the process before this one finish
        self._forks, self._log, self._notify, self._changed = forks, log, notify, changed
        self._again = asyncio.Event()
        self._stopping = False
        self._tail: deque[str] = deque(maxlen=LAST_LINES)
        self._backoff = BACKOFF_FIRST
        self._wanted_restart = False

    @property
    def _process(self) -> LocalProcess:
        """How the unit runs; only of one that is not off."""
        assert self.unit.process is not None
        return self.unit.process

    async def run(self, needs: list[Runner]) -> None:
        """Lives until `stop`. `needs` are the runners that must be ready first."""
        process = self.unit.process
        if process is None:
            self._set(State.OFF, self.unit.off or "")
            self.ready.set()
            self.settled.set()
            return
        for need in needs:
            if not need.ready.is_set():
                self._set(State.WAITING, f"waits for {need.unit.name}")
            await need.ready.wait()
        if process.forked:
            await self._forks.preloaded.wait()
        while not self._stopping:
            self._again.clear()
            self._wanted_restart = False
            try:
                code = await self._live_once()
            except DevkitError as problem:
                self._write(f"devkit: {problem.message}" + (f" → {problem.hint}" if problem.hint else ""))
                code = -1
            except OSError as problem:
                self._write(f"devkit: {problem}")
                code = -1
            if self._stopping:
                break
            if self._wanted_restart:
                self.status.restarts += 1
                continue
            if self.unit.kind == TASK and code == 0:
                self._set(State.DONE)
                self._is_ready()
                await self._again.wait()
                continue
            await self._crashed(code)
        self._set(State.STOPPED)

    def restart(self, *, wait_for_debugger: bool = False) -> None:
        """Ends the process and starts it at once with new code; a crashed one is tried now.

        With `wait_for_debugger` the new process does nothing before one is attached, and nor do those that follow it
        until then.
        """
        if wait_for_debugger and self.status.debugger == "none":
            self.status.debugger = "awaited"
        self._backoff = BACKOFF_FIRST
        self._wanted_restart = True
        self._again.set()
        if self.child:
            self._end(self.child)

    def attached(self, debuggers: int) -> None:
        """So many debuggers are attached now."""
        if debuggers or self.status.debugger == "attached":
            self.status.debugger = "attached" if debuggers else "none"

    def give_up_debugger(self) -> bool:
        """The next process waits for no debugger. Whether this one does."""
        awaited = self.status.debugger == "awaited"
        if awaited:
            self.status.debugger = "none"
        return awaited

    async def stop(self) -> None:
        """Ends the process in its own clean way; by force after GRACE seconds (never a database)."""
        self._stopping = True
        self._again.set()
        if self.child is None:
            return
        self._set(State.STOPPING)
        child = self.child
        self._end(child)
        patience = None if self._process.patient else GRACE
        try:
            await asyncio.wait_for(asyncio.shield(child.ended), patience)
        except TimeoutError:
            self._write(f"devkit: did not end within {GRACE:.0f} s of SIGTERM; killed")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.ended

    async def close(self) -> None:
        """Closes its ports: callers are refused instead of kept waiting, and others may take them."""
        if self.unit.process and self.unit.process.forked and self.unit.port:
            await self._forks.request({"do": "close", "ports": self.ports()})

    async def _live_once(self) -> int:
        """Starts the process and waits for its end (or, on a reload, lets the old one finish by itself)."""
        unit, process = self.unit, self._process
        await self._prepare()
        self._set(State.STARTING)
        started = time.monotonic()
        if process.forked and unit.port:
            await self._forks.request({"do": "listen", "ports": self.ports()})
        if self._stopping:
            return 0
        awaited_debugger = self.status.debugger == "awaited"
        request = {"name": unit.name, **process.start, "env": inherited() | dict(unit.environment)}
        request |= process.waiting if awaited_debugger else {}
        request["wait_for_debugger"] = awaited_debugger
        child = self.child = await self._forks.spawn(request)
        self.status.pid = child.pid
        self._changed()
        reading = asyncio.create_task(self._read(child))
        watching = asyncio.create_task(self._until_ready(started))
        again = asyncio.create_task(self._again.wait())
        awaited: set[asyncio.Future[Any]] = {child.ended, again}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        watching.cancel()
        if (
            process.forked
            and unit.port
            and self._wanted_restart
            and not self._stopping
            and not child.ended.done()
        ):
            # The port stays open behind both: the new process starts while the old one answers what it has begun.
            self._old = asyncio.create_task(self._let_go(child, reading))
            return 0
        if self._wanted_restart and not process.patient:
            await self._within_grace(child)  # one that stands at a breakpoint cannot act on SIGTERM
        code = await child.ended
        await reading
        self.child, self.status.pid = None, None
        return code

    async def _let_go(self, child: Child, reading: asyncio.Task[None]) -> None:
        await self._within_grace(child)
        await reading

    async def _within_grace(self, child: Child) -> None:
        """Returns when a process that was told to end has, or is killed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(child.ended), GRACE)
        if not child.ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)

    async def _crashed(self, code: int) -> None:
        self.ready.clear()
        await self.close()
        how = f"was ended by {signal.Signals(-code).name}" if code < -1 else f"ended with exit code {code}"
        what = "failed" if self.unit.kind == TASK else "crashed"
        self.status.last_lines = list(self._tail)
        self._set(State.CRASHED, f"{what}: {how}; next try in {self._backoff:g} s, or when a file changes")
        self.settled.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._again.wait(), self._backoff)
        self._backoff = min(self._backoff * 2, BACKOFF_MOST)
        self.status.restarts += 1

    async def _until_ready(self, started: float) -> None:
        if self.unit.kind == TASK:
            return
        if self._old is not None:  # it shares the port: while it is there, it may be the one that answers
            await asyncio.wait({self._old}, timeout=OLD_ENDS)
        while problem := await self._problem():
            if self.status.detail != problem:
                self._set(State.STARTING, problem)
            await asyncio.sleep(LOOK)
        self.status.ready_seconds = round(time.monotonic() - started, 2)
        self._backoff = BACKOFF_FIRST
        self._set(State.READY)
        self._is_ready()

    async def examined(self) -> Status:
        """The status, as the unit answers now."""
        if self.status.state is not State.READY:
            return self.status
        try:
            problem = await asyncio.wait_for(self._problem(), EXAMINATION)
        except TimeoutError:
            held = ", with a debugger attached" if self.status.debugger == "attached" else ""
            problem = f"no answer within {EXAMINATION:g} s{held}"
        return replace(self.status, state=State.UNREADY, detail=problem) if problem else self.status

    async def _problem(self) -> str | None:
        """Why the unit is not ready yet."""
        assert self.unit.port is not None
        if self.status.debugger == "awaited" and self._process.forked:
            return f"waits for a debugger on port {self.unit.debug_port}"
        problem = await self._process.ready.problem(self.unit.port)
        if self.status.debugger == "awaited":
            if problem:
                return f"waits for a debugger on port {self.unit.debug_port}"
            self.status.debugger = "none"  # it goes on, so one has come
        return problem

    async def _prepare(self) -> None:
        """What must be there before the process can start."""
        preparation = self._process.prepare
        if preparation is None or await asyncio.to_thread(preparation.is_done):
            return
        self._set(State.PREPARING, preparation.name)
        if problem := await asyncio.to_thread(preparation.run):
            for line in problem.splitlines():
                self._write(line)
            raise DevkitError(f"{preparation.name} failed", hint="see the lines above")

    async def _read(self, child: Child) -> None:
        while True:
            try:
                raw = await child.output.readline()
            except ValueError:  # a line over the reader's limit: what there is, in pieces
                raw = await child.output.read(1 << 16)
            if not raw:
                return
            self._write(raw.decode("utf-8", "replace").rstrip("\r\n"))

    def _write(self, line: str) -> None:
        self._tail.append(line)
        self._log.write(line)
        self._notify(Event(self.unit.name, line=line))

    def ports(self) -> list[int]:
        """Where it listens, or would."""
        return [port for port in (self.unit.port, self.unit.debug_port) if port]

    def end(self) -> None:
        """Tells the process to end, in its own clean way."""
        if self.child:
            self._end(self.child)

    def _end(self, child: Child) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, int(str(self._process.start.get("end", int(signal.SIGTERM)))))

    def _is_ready(self) -> None:
        self.status.last_lines = []
        self.ready.set()
        self.settled.set()

    def _set(self, state: State, detail: str = "") -> None:
        self.status.state, self.status.detail = state, detail
        self._notify(Event(self.unit.name, status=self.status))
