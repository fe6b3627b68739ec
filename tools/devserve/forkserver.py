"""Parent of everything that the local engine, or a development container, runs.

It imports the third-party modules that the services share once and forks services from there: a start costs a fork
and the service's own imports, and the shared pages are counted once. Where forking is not safe it starts a fresh
interpreter for each (`devserve.starting`); all else is the same. It also starts ordinary programs (Postgres, Redis, Vite),
so that one process knows every child: when devkit's supervisor dies, however it dies, the control socket closes and the
children are ended here, databases last and cleanly.

Requests and reports are JSON with a four-byte length in front (`devserve.wire`); a start request carries the child's
output pipe as a file descriptor.
"""

from __future__ import annotations

import collections
import contextlib
import errno
import gc
import importlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from devserve import wire
from devserve.child import absent, name_process
from devserve.debugport import DebugPorts
from devserve.libraries import refuse_cut_off_libraries
from devserve.programs import end_session
from devserve.starting import ENDINGS, Forking, Spawning, Starter, run_program

__all__ = ["main"]

# Seconds that services, then databases, get when the supervisor has died.
SERVICES_GRACE, DATABASES_GRACE = 2.0, 60.0


class ForkServer:
    """The loop: requests from the supervisor, deaths of children."""

    def __init__(self, control: socket.socket, *, spawning: bool) -> None:
        self.control = control
        self.starter: Starter = Spawning() if spawning else Forking(self.let_go)
        self.children: dict[int, signal.Signals] = {}
        self.listeners: dict[int, socket.socket] = {}
        self.debug_ports = DebugPorts(self.start_broker, self.report_clients)
        self.pending: collections.deque[str] = collections.deque()
        self.wakeup, writer = os.pipe()
        os.set_blocking(self.wakeup, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self.wakeup_writer = writer
        # Only a signal with a Python handler writes to the wakeup pipe, so there is one that does nothing.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for ignored in ENDINGS:  # the supervisor decides, its death is the end
            # Not SIG_IGN, which a program would inherit.
            signal.signal(ignored, lambda *_: None)

    def run(self) -> None:
        gc.disable()  # collecting while modules are imported finds nothing and takes a tenth of the time
        while True:
            sources: list[socket.socket | int] = [self.control, self.wakeup, *self.debug_ports.sources()]
            ready, _, _ = select.select(sources, [], [], 0 if self.pending else None)
            if not ready:
                self.preload_next()
            if self.wakeup in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self.wakeup, 4096)
                for pid, status in self.reap():
                    with contextlib.suppress(OSError):
                        wire.send(self.control, {"exit": pid, "status": status})
            if self.control in ready:
                try:
                    message, descriptors = wire.receive(self.control)
                except (EOFError, OSError):
                    self.end_everything()
                    return
                self.answer(message, descriptors)
            self.debug_ports.take(ready)

    def preload_next(self) -> None:
        """Imports one module that children will need: requests come first, so databases start meanwhile."""
        with contextlib.suppress(Exception), absent("opentelemetry.sdk", "grpc", "sentry_sdk", "debugpy"):
            importlib.import_module(self.pending.popleft())
        if not self.pending:
            gc.collect()
            gc.freeze()  # the collector would write to every shared page
            wire.send(self.control, {"preloaded": threading.active_count() == 1})

    def answer(self, message: dict[str, Any], descriptors: list[int]) -> None:
        try:
            reply = getattr(self, f"do_{message['do']}")(message, descriptors)
        except OSError as problem:
            words = os.strerror(problem.errno) if problem.errno else str(problem)
            reply = {"error": f"{problem.filename}: {words}" if problem.filename else words}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        if not message.get("quiet"):
            wire.send(self.control, {"reply": reply})

    # Requests -----------------------------------------------------------------------------------

    def do_preload(self, message: dict[str, Any], _: list[int]) -> dict[str, Any]:
        if self.starter.shares:
            self.pending.extend([*message["modules"], "devserve.server"])
        else:
            wire.send(self.control, {"preloaded": True})
        return {}

    def do_listen(self, message: dict[str, Any], _: list[int]) -> dict[str, Any]:
        """Opens a service's ports once; its processes come and go behind them, so a reload refuses nobody."""
        host = message.get("host", "127.0.0.1")
        for port in message["ports"]:
            if port in self.listeners:
                continue
            listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((host, port))
                listener.listen(512)  # callers queue here while no process accepts, during a reload
            except OSError as problem:
                listener.close()
                return {"error": f"port {port}: {problem.strerror}"}
            self.listeners[port] = listener
        return {}

    def do_close(self, message: dict[str, Any], _: list[int]) -> dict[str, Any]:
        """Closes ports, so that callers of a service that is down are refused instead of kept waiting."""
        for port in message["ports"]:
            if self.debug_ports.is_used(port):
                continue
            self.debug_ports.close(port)
            listener = self.listeners.pop(port, None)
            if listener is not None:
                listener.close()
        return {}

    def do_start(self, message: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        """Starts a child. With `debug_port`, one of the open ports, debuggers find it there; with
        `wait_for_debugger` it does not begin before one has."""
        port, link, attached = message.get("debug_port"), None, False
        if port in self.listeners:
            self.debug_ports.open(port, self.listeners[port], message["name"], message["cwd"])
            link, attached = self.debug_ports.link(port)
        listener = self.listeners.get(message.get("port") or -1)
        try:
            if "argv" in message:
                pid = run_program(message, descriptors[0])
            else:
                if not self.starter.shares:
                    message.pop("modules_file", None)  # it would name all modules: none are found loaded
                work = {"start": message, "attached": attached}
                pid = self.starter.start(work, (listener, link), descriptors[0])
        finally:
            if link is not None:
                link.close()
        self.children[pid] = signal.Signals(message.get("end", signal.SIGTERM))
        return {"pid": pid}

    # Children -----------------------------------------------------------------------------------

    def start_broker(self, work: dict[str, Any], sockets: list[socket.socket]) -> int:
        """What answers a debug port (`devserve.debugport`). Its pid."""
        pid = self.starter.start(work, sockets, None)
        self.children[pid] = signal.SIGTERM
        return pid

    def let_go(self, kept: Sequence[socket.socket | None]) -> None:
        """In a forked child: closes all that is the server's but what is kept."""
        self.debug_ports.let_go()
        for other in self.listeners.values():
            if other not in kept:
                other.close()
        self.control.close()
        os.close(self.wakeup)
        os.close(self.wakeup_writer)

    def report_clients(self, port: int, clients: int) -> None:
        """The supervisor learns how many debuggers are attached."""
        with contextlib.suppress(OSError):
            wire.send(self.control, {"debug_port": port, "clients": clients})

    def reap(self) -> list[tuple[int, int]]:
        """Children that ended: pid and exit code, negative for a signal."""
        ended = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            self.children.pop(pid, None)
            end_session(pid)
            if not self.debug_ports.ended(pid):
                ended.append((pid, os.waitstatus_to_exitcode(status)))
        return ended

    def end_everything(self) -> None:
        """The supervisor died: services first, then the databases, each by the signal it ends cleanly on."""
        for listener in self.listeners.values():
            listener.close()
        # Only Postgres ends on another signal than SIGTERM. Killed, it would have to recover its data.
        databases = {pid for pid, end in self.children.items() if end is not signal.SIGTERM}
        self._end(set(self.children) - databases, SERVICES_GRACE, kill=True)
        self._end(databases, DATABASES_GRACE, kill=False)

    def _end(self, pids: set[int], grace: float, *, kill: bool) -> None:
        for pid in pids & self.children.keys():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self.children[pid])
        deadline = time.monotonic() + grace
        while pids & self.children.keys() and time.monotonic() < deadline:
            self.reap()
            time.sleep(0.02)
        if kill:
            for pid in pids & self.children.keys():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """`python -m devserve.forkserver FD fork|spawn`: serves requests on an inherited socket until it closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.setblocking(True)
    name_process("processes")
    refuse_cut_off_libraries()
    try:
        ForkServer(control, spawning=sys.argv[2] == "spawn").run()
    except OSError as problem:
        if problem.errno not in (errno.EPIPE, errno.ECONNRESET):
            raise


if __name__ == "__main__":
    main()
