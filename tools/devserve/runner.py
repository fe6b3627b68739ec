"""The life of one process: start, become ready, crash and come back, reload, wait for a debugger, stop.

A development container runs one of these, the local engine one for each service.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from devserve.client import Child, ForkClient, ForkRefused, ForkServerGone
from devserve.life import Life, Port, State, how_it_ended
from devserve.lines import read_lines
from devserve.process import Policy, Process
from devserve.programs import ProgramEnded, Programs, in_loop

__all__ = ["LOOK", "Runner"]

# Seconds: between two looks at a process that is not ready yet; that the next one holds back from being called ready, since
# the one before it shares its port.
LOOK, OLD_ENDS = 0.05, 1.0
LAST_LINES = 12


def _nothing(*_: object) -> None:
    pass


class Runner:
    """`run` returns only when it is told to stop.

    `wrote` gets each line of the process's output where that is piped, and devkit's own words about it; `changed` is called
    when `life` has; `began` when there is a new process.
    """

    def __init__(
        self,
        name: str,
        process: Process | None,
        forks: ForkClient,
        *,
        environment: Mapping[str, str],
        port: Port | None = None,
        debug_port: int | None = None,
        piped: bool = True,
        wrote: Callable[[str], None] = _nothing,
        changed: Callable[[], None] = _nothing,
        began: Callable[[], None] = _nothing,
    ) -> None:
        self.name = name
        self.environment = environment
        self.life = Life(debugger="none" if debug_port else "")
        self.ready = asyncio.Event()
        self.settled = asyncio.Event()  # ready, off, or crashed at least once: `up --detach` may report
        self.child: Child | None = None
        self._program, self._forks = process, forks
        self._port, self._debug_port, self._piped = port, debug_port, piped
        self._wrote, self._changed, self._began = wrote, changed, began
        self._programs: Programs | None = None  # of the preparation that is under way
        self._old: asyncio.Task[None] | None = None  # lets the process before this one finish
        self._leaving: list[Child] = []
        self._again = asyncio.Event()
        self._told = asyncio.Event()  # to stop
        self._tail: deque[str] = deque(maxlen=LAST_LINES)
        self._backoff = self._policy.backoff
        self._wanted_restart = False

    @property
    def process(self) -> Process:
        """How it runs; only of one that is not off."""
        assert self._program is not None
        return self._program

    @property
    def _policy(self) -> Policy:
        return self._program.policy if self._program else Policy()

    async def run(self, needs: Sequence[Runner] = (), off: str = "") -> None:
        """Lives until `stop`. `needs` must be ready first. Without a process it is `off` and says why."""
        if self._program is None:
            self._set(State.OFF, off)
            self.ready.set()
            self.settled.set()
            return
        for need in needs:
            if not need.ready.is_set():
                self._set(State.WAITING, f"waits for {need.name}")
            await self._unless_told(need.ready)
        if self.process.forked:
            await self._unless_told(self._forks.preloaded)
        while not self._told.is_set():
            self._again.clear()
            self._wanted_restart = False
            began = time.monotonic()
            problem = ""
            try:
                code = await self._live_once()
            except ForkServerGone:
                break  # whoever started it has heard of that
            except (ForkRefused, OSError) as refused:
                problem, code = f"could not be started: {refused}", -1
                self._write(problem)
            if self._told.is_set():
                break
            if self._wanted_restart:
                self.life.restarts += 1
                continue
            if self.process.task and code == 0:
                self._set(State.DONE)
                self._is_ready()
                await self._again.wait()
                continue
            if time.monotonic() - began > self._policy.steady:
                self._backoff = self._policy.backoff
            await self._crashed(problem or how_it_ended(code))
        self._set(State.STOPPED)

    def restart(self, *, wait_for_debugger: bool = False) -> None:
        """Ends the process (or what prepares it) and starts it at once with new code; a crashed one is tried now.

        With `wait_for_debugger` the new process does nothing before one is attached, and nor do those that follow it
        until then.
        """
        if wait_for_debugger and self.life.debugger == "none":
            self.life.debugger = "awaited"
        self._backoff = self._policy.backoff
        self._wanted_restart = True
        self._again.set()
        self.end()

    def attached(self, debuggers: int) -> None:
        """So many debuggers are attached now."""
        if debuggers or self.life.debugger == "attached":
            self.life.debugger = "attached" if debuggers else "none"

    def give_up_debugger(self) -> bool:
        """The next process waits for no debugger. Whether this one does."""
        awaited = self.life.debugger == "awaited"
        if awaited:
            self.life.debugger = "none"
        return awaited

    async def stop(self) -> None:
        """Ends the process in its own clean way; by force after its grace (never one that is patient). `run` returns, also
        from a preparation."""
        self._told.set()
        self._again.set()
        if self._programs is not None:
            self._set(State.STOPPING, self.life.detail)
            self._programs.end()
        if self.child is not None:
            self._set(State.STOPPING)
            child = self.child
            self.end()
            await self._close_port()
            await self._gone(child)
        if self._old is not None:
            await self._old

    def end(self) -> None:
        """Tells the process, or what prepares it, to end, each in its own clean way. An application whose ports another one
        takes over has nothing to drain: it gets SIGHUP (`devserve.server`)."""
        if self._programs is not None:
            self._programs.end()
        if self.child:
            self.child.told = True
            default = signal.SIGHUP if self._hands_over else signal.SIGTERM
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child.pid, int(str(self.process.start.get("end", int(default)))))

    def kill(self) -> None:
        """Ends the process, and those before it, by force."""
        for child in (self.child, *self._leaving):
            if child is not None and not child.ended.done():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)

    def ports(self) -> list[int]:
        """Where it listens, or would."""
        return [port for port in (self._port and self._port.number, self._debug_port) if port]

    async def close(self) -> None:
        """Closes its ports: callers are refused instead of kept waiting, and others may take them."""
        if self._program and self._keeps_ports:
            await self._forks.request({"do": "close", "ports": self.ports()})

    async def _close_port(self) -> None:
        """The process has it open too, and closes it when it takes no more requests: whoever calls after that is refused
        instead of kept waiting."""
        if self._keeps_ports and self._port:
            with contextlib.suppress(ForkServerGone):
                await self._forks.request({"do": "close", "ports": [self._port.number]})

    async def problem(self) -> str | None:
        """Why it is not ready now."""
        process, child, awaited = self.process, self.child, self.life.debugger == "awaited"
        if awaited and process.forked:
            return f"waits for a debugger on port {self._debug_port}"
        asked = process.ready.problem(self._port.number) if process.ready and self._port else None
        problem = await asked if asked else None
        if awaited:
            if problem:
                return f"waits for a debugger on port {self._debug_port}"
            if self.child is child:  # the answer may be its predecessor's
                self.life.debugger = "none"  # it goes on, so one has come
        return problem

    @property
    def _keeps_ports(self) -> bool:
        """Whether the fork server holds its ports open, so that a new process can start while the old one still answers."""
        return self.process.forked and self._port is not None

    @property
    def _hands_over(self) -> bool:
        return self._keeps_ports and self._wanted_restart and not self._told.is_set()

    async def _live_once(self) -> int:
        """Starts the process and waits for its end (or, on a reload, lets the old one finish by itself)."""
        process = self.process
        if not await self._prepare():
            return 0
        self._set(State.STARTING)
        started = time.monotonic()
        await self._listen()
        if self._told.is_set():
            return 0
        awaited_debugger = self.life.debugger == "awaited"
        request: dict[str, Any] = {"name": self.name, **process.start, "env": dict(self.environment)}
        request |= process.waiting if awaited_debugger else {}
        request["wait_for_debugger"] = awaited_debugger
        request["ending"] = {"drain": self._policy.drain, "grace": self._policy.grace}
        child = self.child = await self._forks.spawn(request, piped=self._piped)
        self.life.pid = child.pid
        try:
            self._began()
        except BaseException:  # nobody would know of it, and it would keep the port
            self.end()
            await self._gone(child)
            self.child, self.life.pid = None, None
            raise
        reading = asyncio.create_task(self._read(child))
        watching = asyncio.create_task(self._until_ready(started))
        again = asyncio.create_task(self._again.wait())
        awaited: set[asyncio.Future[Any]] = {child.ended, again}
        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        watching.cancel()
        told = self._told.is_set() or self._wanted_restart
        if (
            told and not child.told
        ):  # whoever told it came while it was being started, and told the one before it
            self.end()
        if self._hands_over and not child.ended.done():
            # The ports stay open behind both: the new process starts while the old one answers what it has begun.
            self._old = asyncio.create_task(self._let_go(child, reading, self._old))
            return 0
        # One that stands at a breakpoint cannot act on SIGTERM.
        code = await (self._gone(child) if told else child.ended)
        await reading
        self.child, self.life.pid = None, None
        return code

    async def _unless_told(self, event: asyncio.Event) -> None:
        """Waits for an event, or until it is told to stop."""
        waiting = [asyncio.create_task(each.wait()) for each in (event, self._told)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _listen(self) -> None:
        if self._keeps_ports and self._port:
            await self._forks.request({"do": "listen", "host": self._port.host, "ports": [self._port.number]})
            if self._debug_port:
                await self._forks.request({"do": "listen", "ports": [self._debug_port]})

    async def _let_go(
        self, child: Child, reading: asyncio.Task[None], older: asyncio.Task[None] | None
    ) -> None:
        self._leaving.append(child)
        await self._gone(child)
        self._leaving.remove(child)
        await reading
        if older is not None:
            await older

    async def _gone(self, child: Child) -> int:
        """Waits for the end of a process that was told to end; kills it after its grace."""
        seconds = self._policy.drain + self._policy.grace
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(
                asyncio.shield(child.ended), None if self.process.patient else seconds
            )
        self._write(f"did not end within {seconds:g} s of SIGTERM; killed")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        return await child.ended

    async def _crashed(self, how: str) -> None:
        self.ready.clear()
        await self.close()
        what = "failed" if self.process.task else "crashed"
        self.life.last_lines = list(self._tail)
        # No saved file makes a database start that refuses its data.
        hint = "./devkit doctor tells why" if self.process.store else "or when a file changes"
        self._set(State.CRASHED, f"{what}: {how}; next try in {self._backoff:g} s, {hint}")
        self.settled.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._again.wait(), self._backoff)
        self._backoff = min(self._backoff * 2, self._policy.most)
        self.life.restarts += 1

    async def _until_ready(self, started: float) -> None:
        if self.process.task:
            return
        if self._old is not None:  # it shares the port: while it is there, it may be the one that answers
            await asyncio.wait({self._old}, timeout=OLD_ENDS)
        while problem := await self.problem():
            if self.life.detail != problem:
                self._set(State.STARTING, problem)
            await asyncio.sleep(LOOK)
        self.life.ready_seconds = round(time.monotonic() - started, 2)
        if self.process.ready is not None:
            self._backoff = self._policy.backoff
        self._set(State.READY)
        self._is_ready()

    async def _prepare(self) -> bool:
        """What must be there before the process can start. Whether it may: not where it was told to end meanwhile."""
        preparation = self.process.prepare
        if preparation is None or await asyncio.to_thread(preparation.is_done):
            return True
        if self._told.is_set() or self._wanted_restart:
            return False
        programs = self._programs = Programs(say=in_loop(self._write))
        self._set(State.PREPARING, preparation.name)
        try:
            problem = await asyncio.to_thread(preparation.run, programs)
        except ProgramEnded:
            return False
        finally:
            self._programs = None
        if problem and not programs.ended:
            lines = problem.splitlines()
            for line in lines:
                self._wrote_line(line)
            how = f": {problem}" if len(lines) == 1 else " failed: see the lines above"
            raise ForkRefused(f"{preparation.name}{how}")
        return not programs.ended

    async def _read(self, child: Child) -> None:
        if child.output is not None:
            await read_lines(child.output, self._wrote_line)

    def _wrote_line(self, line: str) -> None:
        self._tail.append(line)
        self._wrote(line)

    def _write(self, words: str) -> None:
        """What devkit itself has to say of the process."""
        self._wrote_line(f"devkit: {words}")

    def _is_ready(self) -> None:
        self.life.last_lines = []
        self.ready.set()
        self.settled.set()

    def _set(self, state: State, detail: str = "") -> None:
        self.life.state, self.life.detail = state, detail
        self._changed()
