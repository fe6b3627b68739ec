"""The first process of a development container: keeps one service running, whatever is saved into it.

It owns nothing of the service: a fork server holds the listening sockets and the imported libraries, and forks the
service from there. A save ends the old process and starts a new one behind the same sockets, so no request is refused.
A service that cannot start is reported, its port closed, and tried again when a file changes.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from devserve.changes import Watcher, patience
from devserve.child import REPORT_AFTER
from devserve.forks import Forks
from devserve.probes import answer_probes

__all__ = ["Served", "Supervisor"]

# Seconds between tries after a crash (doubling), and the life after which a crash counts as the first one.
BACKOFF_FIRST, BACKOFF_MOST, STEADY = 0.5, 30.0, 10.0
# Seconds that a process gets to end after SIGTERM.
GRACE = 10.0


@dataclass(frozen=True)
class Served:
    """What is served: `app` is `package.module:attribute`, `path` where to import it from.

    `host` and `port` are for requests; `debug_port` is opened on loopback only; `probe_port` answers health checks for
    a service that stands at a breakpoint (`devserve.probes`). `drain` is how many seconds the service still takes
    requests after SIGTERM, so that whoever routes to it can learn that it goes.
    """

    app: str
    port: int
    path: tuple[str, ...]
    host: str = "0.0.0.0"
    debug_port: int | None = None
    watch: tuple[Path, ...] = ()
    drain: float = 0.0
    probe_port: int | None = None


class Supervisor:
    """`run` returns after SIGTERM or SIGINT, when the service has ended. SIGUSR1: the service starts anew, and waits for
    a debugger before it does anything; SIGUSR2: it waits no longer."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self._name = served.app.partition(".")[0]
        self._report = Path(tempfile.mkdtemp(prefix="devserve-")) / "modules.txt"
        self._child: int | None = None
        self._started = 0.0
        self._leaving: dict[int, float] = {}  # pid → when it is killed
        self._changed: set[str] = set()
        self._due: float | None = None  # when what changed is acted on
        self._retry: float | None = None
        self._learn: float | None = None
        self._backoff = BACKOFF_FIRST
        self._stop: float | None = None  # when the last process is told to end
        self._wait = False  # for a debugger
        self._signals, writer = socket.socketpair()
        self._signals.setblocking(False)
        writer.setblocking(False)
        self._writer = writer

    def run(self) -> int:
        """Serves until told to stop. Returns the exit code: 0, or 1 when the fork server died."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(each, lambda *_: None)
        self._forks = Forks(os.environ)
        watcher = Watcher(self.served.watch)
        served = self.served
        debugger = f", debugger on 127.0.0.1:{served.debug_port}" if served.debug_port else ""
        _say(f"{served.app} on {served.host}:{served.port}{debugger}")
        try:
            self._forks.preload([])
            if served.probe_port:
                answer_probes(served.host, served.probe_port, served.port, self.debugger)
            self._start()
            while self._stop is None or self._child or self._leaving:
                ready, _, _ = select.select(
                    [self._forks.control, watcher.readable, self._signals], [], [], self._timeout()
                )
                if self._signals in ready:
                    self._take_signals()
                for pid, status in self._forks.ended(waiting=self._forks.control in ready):
                    self._ended(pid, status)
                self._wait = self._wait and not self._forks.debuggers
                if watcher.readable in ready:
                    self._changed |= watcher.take()
                    self._due = time.monotonic() + patience(self._changed)
                self._act()
        except (EOFError, OSError) as problem:
            _say(f"the process server has ended ({problem}); so does this container")
            for pid in filter(None, (self._child, *self._leaving)):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            return 1
        finally:
            self._forks.close()
        return 0

    def debugger(self) -> str:
        """`attached`, `awaited` or `none`."""
        return "attached" if self._forks.debuggers else "awaited" if self._wait else "none"

    def _timeout(self) -> float | None:
        times = [self._due, self._retry, self._learn, *self._leaving.values()]
        if self._stop is not None and self._child:
            times.append(self._stop)
        known = [each for each in times if each is not None]
        return max(0.0, min(known) - time.monotonic()) if known else None

    def _act(self) -> None:
        """Whatever its time has come."""
        now = time.monotonic()
        for pid, deadline in list(self._leaving.items()):
            if deadline <= now:
                _say(f"process {pid} did not end within {GRACE:g} s; killed")
                self._leaving[pid] = now + GRACE
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
        if self._stop is not None:
            self._due = self._retry = self._learn = None
            if self._child and self._stop <= now:
                self._let_go()
            return
        if self._learn is not None and self._learn <= now:
            self._learn = None
            self._preload_what_was_loaded()
        if self._due is not None and self._due <= now:
            _say(f"{_summary(self._changed)}; reloading")
            self._changed.clear()
            self._due, self._backoff = None, BACKOFF_FIRST
            self._let_go()
            self._start()
        elif self._retry is not None and self._retry <= now:
            self._start()

    def _start(self) -> None:
        self._retry = None
        served = self.served
        problem = self._open(served.host, served.port)
        if served.debug_port and not problem:
            problem = self._open("127.0.0.1", served.debug_port)
        if problem:
            self._try_later(problem)
            return
        request = {
            "do": "start", "name": self._name, "app": served.app, "port": served.port, "cwd": str(Path.cwd()),
            "debug_port": served.debug_port, "path": list(served.path), "env": dict(os.environ),
            "modules_file": str(self._report), "wait_for_debugger": self._wait,
        }  # fmt: skip
        reply = self._forks.request(request, 1)
        if "error" in reply:
            self._try_later(f"could not be started: {reply['error']}")
            return
        if self._wait:
            _say(f"{self._name} waits for a debugger on 127.0.0.1:{served.debug_port}")
        self._child = reply["pid"]
        self._started = time.monotonic()
        self._learn = self._started + REPORT_AFTER + 0.5

    def _open(self, host: str, port: int) -> str | None:
        reply = self._forks.request({"do": "listen", "host": host, "ports": [port]})
        return str(reply["error"]) if "error" in reply else None

    def _let_go(self) -> None:
        """The running process takes no new request, finishes those it has, and ends."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGTERM)
            self._leaving[self._child] = time.monotonic() + GRACE
            self._child = None

    def _ended(self, pid: int, status: int) -> None:
        self._leaving.pop(pid, None)
        if pid == self._child:
            self._child = None
            how = (
                f"was ended by {signal.Signals(-status).name}"
                if status < 0
                else f"ended with exit code {status}"
            )
            if time.monotonic() - self._started > STEADY:
                self._backoff = BACKOFF_FIRST
            if self._stop is None:
                self._try_later(how)

    def _try_later(self, problem: str) -> None:
        """Callers are refused until the next try instead of kept waiting."""
        self._forks.request({"do": "close", "ports": [self.served.port, self.served.debug_port]})
        _say(f"{self._name} {problem}; next try in {self._backoff:g} s, or when a file changes")
        self._learn = None
        self._retry = time.monotonic() + self._backoff
        self._backoff = min(self._backoff * 2, BACKOFF_MOST)

    def _preload_what_was_loaded(self) -> None:
        with contextlib.suppress(OSError):
            modules = self._report.read_text("utf-8").split()
            self._report.unlink()
            self._forks.preload(modules)

    def _take_signals(self) -> None:
        for number in self._signals.recv(4096):
            if number == signal.SIGCHLD:
                self._reap()
            elif number in (signal.SIGUSR1, signal.SIGUSR2):
                self._await_debugger(wanted=number == signal.SIGUSR1)
            elif self._stop is None:
                self._stop = time.monotonic() + self.served.drain
            else:  # told twice: at once
                self._stop = time.monotonic()

    def _await_debugger(self, *, wanted: bool) -> None:
        wait = wanted and self.served.debug_port is not None and not self._forks.debuggers
        if wait or self._wait:
            self._wait = wait
            self._let_go()
            self._start()

    def _reap(self) -> None:
        """Takes leave of processes: the first of a container inherits those whose parents have gone."""
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
