"""One ASGI application under uvicorn, and its end: in development containers, on the local engine, and, copied beside
docker/serve.py, in production images.

What an application may name on its `state`: `http_protocol`, the class that speaks HTTP for it, and `lifecycle`
(`Lifecycle`), which is told of the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Protocol

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from devserve.ending import Ending, end_now

__all__ = ["Lifecycle", "Server", "configured", "serve"]

# Seconds between the last accepted connection and the closing of those that stayed silent.
LAST_REQUESTS = 0.1
# Seconds that a connection is kept without a request: more than proxies keep it (Traefik 90, uvicorn's default is 5). Whoever
# closes it last may close it while a request is on its way, and nobody repeats a POST.
KEEP_ALIVE = 95
# Seconds that an application gets to tell its long-lived connections that it goes.
_LEAVE = 1.0

_CLOSE = (b"connection", b"close")

logger = logging.getLogger("uvicorn.error")


class Lifecycle(Protocol):
    """What an application may bring to hear of its end."""

    def drain(self) -> None:
        """It was told to end, and takes requests for a while yet."""

    async def leave(self) -> None:
        """It takes no more connections; those that are open for long are to be told that it goes."""


def configured(app: str) -> uvicorn.Config:
    """The application (`package.module:attribute`), imported, with the protocol that it names. Exits as uvicorn does when
    it cannot be imported.

    Which proxies are believed is the application's to say, and it sets up its own logging.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        lifespan="on",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
    )
    config.load()
    named = getattr(_state(config), "http_protocol", None)
    config.http_protocol_class = named or config.http_protocol_class
    return config


def serve(app: str, listener: socket.socket, ending: Ending) -> None:
    """Serves `app` on a listening socket until SIGTERM, SIGINT, or SIGHUP, by which another process takes the socket over.

    A service that cannot start ends the process: SystemExit(3) from uvicorn when its lifespan fails, the application's own exit otherwise.
    """
    config = configured(app)
    gc.enable()  # it is off while modules are imported (`devserve.child.begin`)
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    Server(config, ending).run(sockets=[listener])


class Server(uvicorn.Server):
    """uvicorn stops listening at once, cuts off what has not sent its request yet, and waits for the application's
    shutdown for ever. Here, after SIGTERM or SIGINT:

    1. The application hears of it (`Lifecycle.drain`), and answers say `Connection: close`. The listener stays open for
       the drain.
    2. The listener is closed. Long-lived connections are told; requests that are under way are finished or, when their
       time is over, cancelled; the application is shut down.
    3. Whatever still holds it up, the process ends before it would be killed.

    A second signal ends the process at once. SIGHUP is SIGTERM without the drain. `early`: connections are taken before
    an application with a lifecycle has started, which then answers for itself.
    """

    def __init__(self, config: uvicorn.Config, ending: Ending, *, early: bool = False) -> None:
        super().__init__(config)
        self._ending = ending
        self._lifecycle: Lifecycle | None = getattr(_state(config), "lifecycle", None)
        self._early = early and self._lifecycle is not None
        self._told = self._ends = self._serving = self._handed_over = False
        self._accepted: list[asyncio.Task[Any]] = []
        self._last_moment = _LastMoment()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._listeners = asyncio.get_running_loop(), sockets or []
        if self._early:
            self.servers = [
                await self._loop.create_server(self._protocol, sock=each, backlog=self.config.backlog)
                for each in self._listeners
            ]
            await self.lifespan.startup()
            if self.lifespan.should_exit:
                sys.exit(STARTUP_FAILURE)
            self.started = True
        else:
            await super().startup(sockets)
        self._serving = True

    def _protocol(self) -> asyncio.Protocol:
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = signal.signal(signal.SIGHUP, self.handle_exit)
        try:
            with super().capture_signals():
                yield
        finally:
            signal.signal(signal.SIGHUP, before)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's method
        handed_over = sig == signal.SIGHUP
        if not self._serving or (self._told and not handed_over):
            end_now(sig)
        if not handed_over:
            self._told = True
            self._captured_signals.append(sig)  # uvicorn ends by it
        if not self._ends:
            self._ends = True
            self._handed_over = handed_over
            drain = 0.0 if handed_over else self._ending.drain
            self._last_moment.set_in(self._ending.whole - self._ending.drain + drain)
            # At once, not at uvicorn's next tick: the process that takes over gets the next request.
            self._loop.call_soon_threadsafe(self._begin_to_end, drain)

    def _begin_to_end(self, drain: float) -> None:
        if self._lifecycle is not None:
            self._lifecycle.drain()
        self._close_after_answers()
        if drain:
            logger.info("Draining: requests are taken for %g s more", drain)
            self._loop.call_later(drain, self._stop_accepting)
        else:
            self._stop_accepting()

    def _stop_accepting(self) -> None:
        if not self._handed_over:
            self._accept_the_rest()
        for server in self.servers:
            server.close()
        self.should_exit = True

    def _accept_the_rest(self) -> None:
        """Who has connected since the loop looked last would be reset."""
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.setblocking(False)
                    accepted = self._loop.connect_accepted_socket(self._protocol, connection)
                    self._accepted.append(self._loop.create_task(accepted))

    def _close_after_answers(self) -> None:
        """Clients that keep connections open learn it from the answer, not from a reset under their next request."""
        for headers in (self.config.encoded_headers, self.server_state.default_headers):
            headers.append(_CLOSE)
        for connection in self.server_state.connections:
            cycle = getattr(connection, "cycle", None)  # a WebSocket has none
            if cycle is not None and _CLOSE not in cycle.default_headers:
                cycle.default_headers = [*cycle.default_headers, _CLOSE]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(LAST_REQUESTS)
        if self._lifecycle is not None:
            leaving = asyncio.create_task(self._lifecycle.leave())
            await asyncio.wait({leaving}, timeout=_LEAVE)
            leaving.cancel()
        self.config.timeout_graceful_shutdown = self._ending.requests  # type: ignore[assignment]
        await super().shutdown(sockets)


def _state(config: uvicorn.Config) -> object:
    return getattr(config.loaded_app, "state", None)


class _LastMoment:
    """Ends the process at a time, whatever its loop is doing. A thread waits for that from the beginning: a signal may
    come while the main thread is about to start another, and holds the lock for it."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._reader, self._writer = os.pipe()
        threading.Thread(target=self._wait, name="last moment", daemon=True).start()

    def set_in(self, seconds: float) -> None:
        """It comes so many seconds from now. May be called by a signal's handler."""
        self._seconds = seconds
        os.write(self._writer, b"!")

    def _wait(self) -> None:
        os.read(self._reader, 1)
        time.sleep(self._seconds)
        # No logging, whose lock may be what everybody waits for.
        os.write(2, b"uvicorn: something holds the shutdown up; the process ends all the same\n")
        os._exit(128 + signal.SIGTERM)
