"""What answers a debug port from the first connection on: the root of a debugger's session.

debugpy's own listener imports about 15 MB and starts an adapter process at once. Here nothing is loaded until a client
of the Debug Adapter Protocol has sent its first bytes; a bare connection (a port scan, a probe) sends none.

The broker runs no code of the service. It is the process that an editor attaches to; each process of the service then
connects to the same adapter, which announces it to the editor as a subprocess (`debugpyAttach`). A reload so ends one
child session and begins the next, and the editor's breakpoints hold in both.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import NoReturn

from devserve import wire
from devserve.child import heed_signals, name_process
from devserve.debugger import untraced

__all__ = ["serve"]

_CHUNK = 65536
# Seconds after the last client's end before the next one is let in: while debugpy's adapter still winds up its oldest
# session, a new connection ends the thread in which it accepts them.
_WIND_UP = 0.25
# Seconds that it gets to close the connections of clients that have gone.
_LET_GO = 5.0


def serve(service: str, folder: str, listener: socket.socket, channel: socket.socket) -> NoReturn:
    """Runs in a process of its own until the other end of `channel` closes. Never returns.

    `channel` is told `{"adapter": {"port", "access_token"}}` once debugpy is loaded, and `{"clients": n, "coming": n}`
    whenever that changes.
    """
    code = 1
    try:
        heed_signals()
        os.chdir(folder)
        gc.enable()
        name_process(f"debugger of {service}")
        sys.argv = [service]
        _accept(listener, _Session(channel))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _accept(listener: socket.socket, session: _Session) -> None:
    listener.setblocking(False)
    while True:
        ready, _, _ = select.select([listener, session.channel], [], [])
        if session.channel in ready:
            return
        try:
            client, _ = listener.accept()
        except OSError:  # gone before it was taken
            continue
        client.setblocking(True)
        untraced(_attach, client, session, name="debug-client")


class _Session:
    """debugpy's adapter: started by the first client, shared by those that follow."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self._lock = threading.Lock()
        self._address: tuple[str, int] | None = None
        self._clients: set[socket.socket] = set()
        self._coming = 0
        self._leaving = 0
        self._left = 0.0  # when the adapter let go of the last client

    def connect(self) -> socket.socket:
        """A connection to the adapter."""
        with self._lock:
            if self._address is None:
                import debugpy

                self._address = debugpy.listen(("127.0.0.1", 0))
                from pydevd import SetupHolder  # debugpy carries it, and makes it importable when it is used

                # What debugpy hands to subprocesses of a debugged process, so that they find the same adapter.
                known = SetupHolder.setup
                wire.send(
                    self.channel, {"adapter": {"port": known["port"], "access_token": known["access-token"]}}
                )
        if all(map(_has_gone, tuple(self._clients))):
            patience = time.monotonic() + _LET_GO
            while (self._clients or self._leaving) and time.monotonic() < patience:
                time.sleep(0.01)
            time.sleep(max(0.0, self._left + _WIND_UP - time.monotonic()))
        return socket.create_connection(self._address, timeout=10)

    @contextlib.contextmanager
    def coming(self) -> Iterator[None]:
        """A client is being connected, which takes as long as debugpy takes to load."""
        with self._lock:
            self._coming += 1
            self._report()
        try:
            yield
        finally:
            with self._lock:
                self._coming -= 1
                self._report()

    def comes(self, client: socket.socket) -> None:
        """A client is connected to the adapter."""
        with self._lock:
            self._clients.add(client)
            self._report()

    def leaves(self, client: socket.socket) -> None:
        """It has gone; the adapter does not know yet."""
        with self._lock:
            self._clients.discard(client)
            self._leaving += 1
            self._report()

    def left(self) -> None:
        """The adapter has closed its side."""
        with self._lock:
            self._leaving -= 1
            self._left = time.monotonic()

    def _report(self) -> None:
        with contextlib.suppress(OSError):
            wire.send(self.channel, {"clients": len(self._clients), "coming": self._coming})


def _has_gone(client: socket.socket) -> bool:
    """Whether the other side has closed, noticed or not."""
    try:
        return bool(select.select([client], [], [], 0)[0]) and not client.recv(1, socket.MSG_PEEK)
    except (OSError, ValueError):
        return True


def _attach(client: socket.socket, session: _Session) -> None:
    with client:
        try:
            first = client.recv(_CHUNK)
            if not first:
                return
            with session.coming():
                upstream = session.connect()
                session.comes(client)
        except Exception:
            sys.stderr.write("devserve: the debugger could not be loaded\n")
            traceback.print_exc()
            return
        with upstream:
            upstream.settimeout(None)
            back = untraced(_pump, upstream, client, name="debug-pump")
            _pump(client, upstream, first)
            session.leaves(client)
            back.join()
        session.left()


def _pump(source: socket.socket, target: socket.socket, first: bytes = b"") -> None:
    """Copies until the source ends, then tells the target so."""
    with contextlib.suppress(OSError):
        target.sendall(first)
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
