"""The debug ports of a fork server's services: who waits there, who is attached, which process is debugged.

A port costs one entry in the fork server's `select` until somebody connects. Then a broker (`devserve.broker`) is started
to answer it. The broker outlives the service's processes, so that a reload does not end the debugger's session.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from devserve import wire

__all__ = ["DebugPorts"]


@dataclass
class _Port:
    listener: socket.socket
    service: str = ""
    folder: str = "."
    link: socket.socket | None = None  # to the service's present process
    broker: int | None = None
    channel: socket.socket | None = None  # to the broker
    adapter: dict[str, object] | None = None  # how the service's processes get to debugpy's adapter
    clients: int = 0
    coming: int = 0  # those that the broker is about to let in


class DebugPorts:
    """`start` makes the process in which a broker runs, given its work and sockets; `report` hears of a port and its number
    of clients."""

    def __init__(
        self, start: Callable[[dict[str, Any], list[socket.socket]], int], report: Callable[[int, int], None]
    ) -> None:
        self._ports: dict[int, _Port] = {}
        self._brokers: set[int] = set()
        self._start, self._report = start, report

    def open(self, number: int, listener: socket.socket, service: str, folder: str) -> None:
        """A service's processes are about to come and go behind this port."""
        port = self._ports.setdefault(number, _Port(listener))
        port.service, port.folder = service, folder

    def sources(self) -> list[socket.socket]:
        """What `select` is to look at for `take`."""
        return [port.channel or port.listener for port in self._ports.values()]

    def take(self, ready: Sequence[object]) -> None:
        """Acts on what became readable."""
        for number, port in list(self._ports.items()):
            if port.channel is not None and port.channel in ready:
                self._hear(number, port, port.channel)
            elif port.channel is None and port.listener in ready:
                try:
                    self._call_broker(port)
                except OSError as problem:
                    sys.stderr.write(f"devserve: the debug port {number} cannot be answered: {problem}\n")
                    with contextlib.suppress(OSError):
                        port.listener.accept()[0].close()

    def link(self, number: int) -> tuple[socket.socket, bool]:
        """The end of a new link that the next process of the service gets, and whether a debugger waits for it."""
        port = self._ports[number]
        if port.adapter is not None and not port.clients and not port.coming:
            self._dismiss(port)  # what nobody uses is not carried on; one that is just being loaded is
        if port.link is not None:
            port.link.close()
        port.link, theirs = socket.socketpair()
        self._tell(port)
        return theirs, port.adapter is not None

    def is_used(self, number: int) -> bool:
        """Whether a debugger's session goes on although the service is down."""
        port = self._ports.get(number)
        return port is not None and port.clients > 0

    def close(self, number: int) -> None:
        """Forgets a port; its listener is the caller's."""
        port = self._ports.pop(number, None)
        if port is not None:
            self._dismiss(port)
            if port.link is not None:
                port.link.close()

    def ended(self, pid: int) -> bool:
        """Whether the child that ended was a broker; its port then waits for the next debugger."""
        if pid in self._brokers:
            self._brokers.discard(pid)
            for number, port in self._ports.items():
                if port.broker == pid:
                    self._forget(port)
                    self._report(number, 0)
            return True
        return False

    def let_go(self) -> None:
        """In a forked child: these are the fork server's."""
        for port in self._ports.values():
            for end in (port.link, port.channel):
                if end is not None:
                    end.close()

    def _call_broker(self, port: _Port) -> None:
        port.channel, theirs = socket.socketpair()
        try:
            work = {"broker": {"service": port.service, "folder": port.folder}}
            port.broker = self._start(work, [port.listener, theirs])
        except OSError:
            self._forget(port)
            raise
        finally:
            theirs.close()
        self._brokers.add(port.broker)

    def _hear(self, number: int, port: _Port, channel: socket.socket) -> None:
        try:
            message, _ = wire.receive(channel)
        except (EOFError, OSError):
            self._forget(port)
            self._report(number, 0)
            return
        if "adapter" in message:
            port.adapter = message["adapter"]
            self._tell(port)
        if "clients" in message:
            port.coming = message["coming"]
            if message["clients"] != port.clients:
                port.clients = message["clients"]
                self._report(number, port.clients)

    def _tell(self, port: _Port) -> None:
        """The service's process connects to the adapter, as a child of the broker's session."""
        if port.adapter is not None and port.link is not None:
            with contextlib.suppress(OSError):
                wire.send(port.link, port.adapter | {"ppid": port.broker})

    def _dismiss(self, port: _Port) -> None:
        if port.broker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(port.broker, signal.SIGTERM)
        self._forget(port)

    def _forget(self, port: _Port) -> None:
        if port.channel is not None:
            port.channel.close()
        port.broker = port.channel = port.adapter = None
        port.clients = port.coming = 0
