"""A debug port that loads the debugger when a client first speaks on it.

debugpy's own listener imports about 15 MB and starts an adapter process at once. Here a thread waits on the port;
the first bytes of a Debug Adapter Protocol client start debugpy on a port of its own and are passed on to it. A bare
connection (a port scan, a probe) sends nothing and therefore starts nothing.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
from collections.abc import Callable

__all__ = ["listen_for_debugger"]

_log = logging.getLogger("devserve.debugger")
_CHUNK = 65536


def listen_for_debugger(listener: socket.socket) -> Callable[[], None]:
    """Waits in the background for debuggers on a socket that listens on loopback.

    Returns what stops the waiting at once, so that a process which takes over the socket gets the next client.
    """
    woken, waker = socket.socketpair()
    listener.setblocking(False)
    _start(_accept, listener, woken, name="debug-port")
    return waker.close


def _start(work: Callable[..., None], *arguments: object, name: str) -> threading.Thread:
    """A thread that the debugger neither traces nor suspends: it carries the debugger's own messages."""
    thread = threading.Thread(target=work, args=arguments, name=name, daemon=True)
    for mark in ("pydev_do_not_trace", "is_pydev_daemon_thread"):  # what pydevd marks its own threads with
        setattr(thread, mark, True)
    thread.start()
    return thread


def _accept(listener: socket.socket, woken: socket.socket) -> None:
    adapter = _Adapter()
    while True:
        ready, _, _ = select.select([listener, woken], [], [])
        if woken in ready:
            listener.close()
            return
        try:
            client, _ = listener.accept()
        except OSError:  # another process of this service was faster
            continue
        client.setblocking(True)
        _start(_attach, client, adapter, name="debug-client")


class _Adapter:
    """debugpy's adapter: started by the first client, shared by those that follow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._address: tuple[str, int] | None = None

    def connect(self) -> socket.socket:
        with self._lock:
            if self._address is None:
                import debugpy

                self._address = debugpy.listen(("127.0.0.1", 0))
                _log.info("debugger loaded")
        return socket.create_connection(self._address, timeout=10)


def _attach(client: socket.socket, adapter: _Adapter) -> None:
    with client:
        try:
            first = client.recv(_CHUNK)
            if not first:
                return
            upstream = adapter.connect()
        except Exception:
            _log.exception("the debugger could not be loaded")
            return
        with upstream:
            upstream.settimeout(None)
            upstream.sendall(first)
            back = _start(_pump, upstream, client, name="debug-pump")
            _pump(client, upstream)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copies until the source ends, then tells the target so."""
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
