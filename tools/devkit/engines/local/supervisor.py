"""Runs all units of a clone: starts them as their needs are ready, reloads on saves, stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from devserve.client import ForkClient

from devkit.base.clone import CLONE_VARIABLE, folder_of, is_deserted
from devkit.base.console import drop_output
from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.base.process_identity import describe, this_process
from devkit.engines.events import Event, Listener, State, Status
from devkit.engines.local.command_server import CommandServer
from devkit.engines.local.control import serve_control
from devkit.engines.local.logfile import LogFile, log_path
from devkit.engines.local.operations import Asked, Operations
from devkit.engines.local.preload import learned_modules, remember_modules, report_file
from devkit.engines.local.runner import UnitRunner
from devkit.engines.local.runners import Runners
from devkit.engines.local.saves import Saves
from devkit.engines.local.state import RunState, save_state
from devkit.engines.local.units import Unit
from devkit.engines.local.welcome import welcome
from devkit.secrets import secret_file

__all__ = ["Supervisor"]

# Seconds between two looks whether the clone is still there.
_FOLDER_EVERY = 1.0
# Lines that are kept for a screen that opens later.
_RECENT = 1_000


class Supervisor:
    """One clone's running platform. `run` returns after everything has stopped."""

    def __init__(
        self,
        root: Path,
        units: Sequence[Unit],
        forks: ForkClient,
        *,
        offset: int,
        database_url: str | None = None,
        replan: Callable[[Asked], Sequence[Unit]],
        asked: tuple[str, ...] = (),
    ) -> None:
        self.root = root
        self.offset = offset
        self._database_url = database_url
        self._forks = forks
        self._listeners: list[Listener] = []
        self._recent: deque[Event] = deque(maxlen=_RECENT)
        self._stop = asyncio.Event()
        self._defect: BaseException | None = None
        self._devkit_log = LogFile(log_path(root, "devkit"))
        self._logs: dict[str, LogFile] = {}
        self._commands = CommandServer(root, forks, self._devkit_log.write)
        self.runners = Runners([self._with_report(unit) for unit in units], self._runner, self._failed)
        self.operations = Operations(
            self.runners,
            lambda asked: [self._with_report(unit) for unit in replan(asked)],
            Asked(asked),
            offset=offset,
            say=self._say,
            changed=self._save,
        )

    def _runner(self, unit: Unit) -> UnitRunner:
        log = self._logs.setdefault(unit.name, LogFile(log_path(self.root, unit.name)))
        return UnitRunner(unit, self._forks, log, self._tell, self._save)

    def listen(self, listener: Listener) -> None:
        """Adds someone to be told of every event."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Takes a listener away again."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(listener)

    def recent(self) -> Sequence[Event]:
        """The latest lines of all units, for somebody who has just come."""
        return tuple(self._recent)

    def statuses(self) -> list[Status]:
        """Every unit's status, in the table's order."""
        return [runner.status for runner in self.runners]

    async def examined(self) -> list[Status]:
        """Every status, after asking those that are ready whether they still are."""
        return list(await asyncio.gather(*(runner.examined() for runner in self.runners)))

    def want_commands(self) -> None:
        """Somebody asks: there will be more commands, which are to be answered at once."""
        self._commands.want()

    def ask_to_stop(self) -> None:
        """What Ctrl-C, SIGTERM, a closed terminal and `devkit down` do."""
        self._stop.set()

    def debug(self, unit: str, *, wait: bool) -> str | None:
        """Restarts a unit so that it waits for a debugger, or ends that waiting. Returns why it cannot be, if so."""
        runner = self.runners.get(unit)
        if runner is None:
            return f"{unit} does not run here"
        if self.runners.is_held(unit):
            return f"{unit} is stopped; ./devkit up {unit} starts it"
        if not runner.unit.debug_port:
            return f"{unit} has no debug port"
        if not wait:
            if runner.give_up_debugger():
                runner.restart()
        elif runner.status.debugger == "attached":
            return f"a debugger is attached to {unit} already"
        else:
            runner.ready.clear()
            runner.settled.clear()
            runner.restart(wait_for_debugger=True)
        return None

    def _debugger_came_or_went(self, port: int, debuggers: int) -> None:
        for runner in self.runners:
            if runner.unit.debug_port == port:
                runner.attached(debuggers)

    async def run(self) -> None:
        """Starts everything, and stops everything once asked to. Raises what went wrong in devkit itself."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(each) is not signal.SIG_IGN:  # nohup
                loop.add_signal_handler(each, self.ask_to_stop)
        await self._forks.connect()
        self._forks.on_death = self._forks_died
        self._forks.on_debugger = self._debugger_came_or_went
        self._save()
        try:
            async with serve_control(self):
                settings = (table_file(self.root), secret_file(self.root))
                saves = Saves(self.root, self.runners, settings, self.operations.reconfigure, self._say)
                self.operations.on_others = saves.watch_others
                self.runners.start()
                watching = asyncio.create_task(saves.act())
                learning = asyncio.create_task(self._learn())
                looking = asyncio.create_task(self._end_with_folder())
                await self._stop.wait()
                for task in (watching, learning, looking):
                    task.cancel()
                self._commands.stop()
                await self.runners.stop()
        finally:
            await self._forks.close()
            for log in (self._devkit_log, *self._logs.values()):
                log.close()
        if self._defect:
            raise self._defect

    async def settled(self) -> None:
        """Returns when every unit is ready, off, has crashed once, or waits for one that has."""
        await self.runners.settled()

    async def _learn(self) -> None:
        """Once everything is up, shared modules that services loaded are preloaded for the next start and reload."""
        await self.settled()
        self._say(welcome(self.root, self.statuses()))
        # Services report their modules some seconds after their start (devserve.child.REPORT_AFTER).
        await asyncio.sleep(5)
        self._commands.want()
        learned = False
        with contextlib.suppress(OSError, DevkitError):  # a full disk: the next start learns it again
            learned = remember_modules(self.root)
        if learned:
            await self._forks.request({"do": "preload", "modules": learned_modules(self.root)})

    async def _end_with_folder(self) -> None:
        """Stops once the clone's folder is gone or elsewhere: nobody could stop it from there, nor find it."""
        born = folder_of(self.root)
        while True:
            await asyncio.sleep(_FOLDER_EVERY)
            if not is_deserted(self.root, born):
                continue
            self._say(f"{self.root} is gone, deleted or moved: stopping")
            self._stop.set()
            return

    def _with_report(self, unit: Unit) -> Unit:
        if unit.process is None or not unit.process.forked:
            return unit
        start = {**unit.process.start, "modules_file": str(report_file(self.root, unit.name))}
        return replace(unit, process=replace(unit.process, start=start))

    def _tell(self, event: Event) -> None:
        if event.line is not None:
            self._recent.append(event)
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except OSError:  # `up | head`: the reader has gone
                self.unlisten(listener)
                drop_output()
                self._stop.set()

    def _say(self, words: str) -> None:
        """What devkit itself has to say while the platform runs."""
        for line in words.splitlines():
            self._devkit_log.write(line)
            self._tell(Event("devkit", line=line))

    def _save(self) -> None:
        """Notes the children for the case that neither this process nor the fork server can end them."""
        pids = [self._forks.pid, *(runner.child.pid for runner in self.runners if runner.child)]
        children = tuple(child for pid in pids if (child := describe(pid)))
        mark = os.environ.get(CLONE_VARIABLE, "")
        with contextlib.suppress(OSError):  # `down` finds them by their mark, too
            save_state(self.root, RunState(this_process(), self.offset, self._database_url, children, mark))

    def _failed(self, problem: BaseException) -> None:
        self._defect = problem
        self._stop.set()

    def _forks_died(self) -> None:
        """Without its fork server nothing can be started or reaped: end, cleanly, and say so."""
        words = "the fork server died; stopping. ./devkit up starts everything again"
        sys.stderr.write(f"devkit: {words}\n")
        self._say(words)
        for runner in self.runners:
            if runner.child and not runner.child.ended.done():
                with contextlib.suppress(ProcessLookupError):
                    runner.end()
                runner.child.ended.set_result(0)
            runner.life.state = State.STOPPED
        self._stop.set()
