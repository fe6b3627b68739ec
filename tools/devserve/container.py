"""The first process of a development container: keeps one service running, whatever is saved into it.

It owns nothing of the service: a fork server holds the listening sockets and the imported libraries, and forks the
service from there. A save ends the old process and starts a new one behind the same sockets, so no request is refused.
A service that cannot start is reported, its port closed, and tried again when a file changes (`devserve.runner`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from devserve.changes import Watcher, patience
from devserve.child import REPORT_AFTER
from devserve.client import ForkClient, ForkRefused, ForkServerGone
from devserve.contents import Contents
from devserve.life import Port, State
from devserve.probes import answer_probes
from devserve.process import Policy, Process
from devserve.runner import Runner

__all__ = ["Container", "Served"]


@dataclass(frozen=True)
class Served:
    """What is served: `app` is `package.module:attribute`, `path` where to import it from.

    `host` and `port` are for requests; `debug_port` is opened on loopback only; `probe_port` answers health checks for
    a service that stands at a breakpoint (`devserve.probes`). `drain` is how many seconds the service still takes
    requests after SIGTERM, so that whoever routes to it can learn that it goes. `spawning`: as of `ForkClient`.
    """

    app: str
    port: int
    path: tuple[str, ...]
    host: str = "0.0.0.0"
    debug_port: int | None = None
    watch: tuple[Path, ...] = ()
    drain: float = 0.0
    probe_port: int | None = None
    policy: Policy = field(default_factory=Policy)
    spawning: bool = False


class Container:
    """`run` returns after SIGTERM or SIGINT, when the service has ended. SIGUSR1: the service starts anew, and waits for
    a debugger before it does anything; SIGUSR2: it waits no longer."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._name = served.app.partition(".")[0]
        self._report = Path(tempfile.mkdtemp(prefix="devserve-")) / "modules.txt"
        self._changed: set[str] = set()
        self._due: asyncio.TimerHandle | None = None  # acts on what changed
        self._told = False  # to stop
        self._dead = False  # the fork server
        self._said = ""
        self._contents = Contents()

    def run(self) -> int:
        """Serves until told to stop. Returns the exit code: 0, or 1 when the fork server died."""
        return asyncio.run(self._run())

    async def _run(self) -> int:
        served, loop = self.served, asyncio.get_running_loop()
        self._stop = asyncio.Event()
        loop.add_signal_handler(signal.SIGCHLD, _reap)
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._tell_to_stop)
        for each, wanted in ((signal.SIGUSR1, True), (signal.SIGUSR2, False)):
            loop.add_signal_handler(each, self._await_debugger, wanted)
        self._forks = ForkClient(spawning=served.spawning)
        self._forks.on_death = self._forks_died
        self._forks.on_debugger = lambda _port, clients: self._runner.attached(clients)
        self._forks.launch(os.environ, [])
        await self._forks.connect()
        debugger = f", debugger on 127.0.0.1:{served.debug_port}" if served.debug_port else ""
        _say(f"{served.app} on {served.host}:{served.port}{debugger}")
        self._runner = Runner(
            self._name,
            Process(start=self._start(), forked=True, policy=replace(served.policy, drain=served.drain)),
            self._forks,
            environment=os.environ,
            port=Port(served.port, served.host),
            debug_port=served.debug_port,
            piped=False,
            wrote=_say,
            changed=self._news,
            began=self._learn_soon,
        )
        self._contents.learn(served.watch)
        watcher = Watcher(served.watch)
        loop.add_reader(watcher.readable, self._saved, watcher)
        if served.probe_port:
            answer_probes(served.host, served.probe_port, served.port, self.debugger)
        life = asyncio.create_task(self._runner.run())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({life, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not life.done():
            await self._runner.stop()
            await asyncio.wait({life})
        stopping.cancel()
        await self._forks.close()
        return 1 if self._dead else 0

    def debugger(self) -> str:
        """`attached`, `awaited` or `none`."""
        return self._runner.life.debugger or "none"

    def _start(self) -> dict[str, object]:
        served = self.served
        return {
            "app": served.app, "port": served.port, "cwd": str(Path.cwd()), "debug_port": served.debug_port,
            "path": list(served.path), "modules_file": str(self._report),
        }  # fmt: skip

    def _news(self) -> None:
        """Logs each change of state once."""
        life = self._runner.life
        said = (
            f"{self._name} {life.detail}"
            if life.state in (State.CRASHED, State.STARTING) and life.detail
            else ""
        )
        if said and said != self._said:
            _say(said)
        self._said = said
        if self._told and life.state is State.CRASHED:
            self._stop.set()

    def _saved(self, watcher: Watcher) -> None:
        self._changed |= watcher.take()
        if self._due:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(patience(self._changed), self._reload)

    def _reload(self) -> None:
        changed = self._contents.changed(self._changed)
        self._changed.clear()
        if not self._told and changed:
            _say(f"{_summary(changed)}; reloading")
            self._runner.restart()

    def _learn_soon(self) -> None:
        """What the service has loaded a while after its start, the next one finds loaded."""
        asyncio.get_running_loop().call_later(REPORT_AFTER + 0.5, self._learn)

    def _learn(self) -> None:
        with contextlib.suppress(OSError):
            modules = self._report.read_text("utf-8").split()
            self._report.unlink()
            self._learning = asyncio.create_task(self._preload(modules))

    async def _preload(self, modules: list[str]) -> None:
        with contextlib.suppress(ForkRefused, ForkServerGone):
            await self._forks.request({"do": "preload", "modules": modules})

    def _tell_to_stop(self) -> None:
        """In its own clean way; told twice: at once."""
        if self._told:
            self._runner.kill()
        self._told = True
        self._stop.set()

    def _await_debugger(self, wanted: bool) -> None:
        if not wanted:
            if self._runner.give_up_debugger():
                self._runner.restart()
        elif self._runner.life.debugger == "none":
            self._runner.restart(wait_for_debugger=True)

    def _forks_died(self) -> None:
        if self._told and self._runner.child is None:
            return
        _say("the fork server has ended; so does this container")
        self._dead = True
        if child := self._runner.child:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            if not child.ended.done():
                child.ended.set_result(-signal.SIGKILL)
        self._stop.set()


def _reap() -> None:
    """Reaps processes: PID 1 of a container inherits those whose parents have exited."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _summary(paths: Iterable[str]) -> str:
    first, *others = sorted(paths)
    with contextlib.suppress(ValueError):
        first = str(Path(first).relative_to(Path.cwd()))
    return f"{first} and {len(others)} more changed" if others else f"{first} changed"


def _say(words: str) -> None:
    sys.stdout.write(f"devserve: {words}\n")
    sys.stdout.flush()
