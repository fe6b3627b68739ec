"""One ASGI application under uvicorn."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from types import FrameType

import uvicorn

__all__ = ["serve"]

# Seconds that open requests get after SIGTERM; below the engines' own deadline, so that uvicorn ends by itself.
GRACE = 8

# Seconds between the last accepted connection and the closing of those that stayed silent.
LAST_REQUESTS = 0.1


def serve(app: str, listener: socket.socket) -> None:
    """Serves `app` (`package.module:attribute`) on a listening socket until SIGTERM or SIGINT.

    A service that cannot start ends the process: SystemExit(3) from uvicorn when its lifespan fails, the application's own exit otherwise.
    """
    # Which proxies are believed is the application's to say, and so is the protocol that serves it, if it names one.
    config = uvicorn.Config(
        app, log_config=None, timeout_graceful_shutdown=GRACE, lifespan="on", proxy_headers=False
    )
    config.load()
    named = getattr(getattr(config.loaded_app, "state", None), "http_protocol", None)
    config.http_protocol_class = named or config.http_protocol_class
    gc.enable()  # it is off while modules are imported (`devserve.child.begin`)
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    _Server(config).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn closes connections that have not sent their request yet; here they get a moment to do so."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if (
            self.started
        ):  # at once, not at uvicorn's next tick: the process that takes over gets the next request
            self._loop.call_soon_threadsafe(self._stop_accepting)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(LAST_REQUESTS)
        await super().shutdown(sockets)

    def _stop_accepting(self) -> None:
        for server in self.servers:
            server.close()
        # Clients that keep connections open learn it from the answer, not from a reset under their next request.
        for headers in (self.config.encoded_headers, self.server_state.default_headers):
            headers.append((b"connection", b"close"))
