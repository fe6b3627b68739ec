"""An ASGI application in real uvicorn, in a thread of the test."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

__all__ = ["as_it_was", "serving"]


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The URL at which it is served, by the protocol that it names."""
    protocol = getattr(app.state, "http_protocol", "auto")
    config = uvicorn.Config(app, http=protocol, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def as_it_was() -> Iterator[None]:
    """The root logger is the same after the block."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
