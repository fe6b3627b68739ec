"""Something between a service and a store that passes everything on, until it does nothing any more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["Freezing", "freezing"]


class Freezing:
    """Listens on `port`. `taken` counts the connections."""

    def __init__(self, target: int) -> None:
        self.taken = 0
        self._target = target
        self._moves = threading.Event()
        self._moves.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._sockets: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Connections stay open, new ones are taken, and nothing moves."""
        self._moves.clear()

    def thaw(self) -> None:
        """All that waited goes on."""
        self._moves.set()

    def close(self) -> None:
        self.thaw()
        self._listener.close()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._target))
                self.taken += 1
                self._sockets += [here, there]
                for source, sink in ((here, there), (there, here)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._moves.wait()
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def freezing(target: int) -> Iterator[Freezing]:
    """Between its port and `target` on this machine, until the block ends."""
    made = Freezing(target)
    try:
        yield made
    finally:
        made.close()
