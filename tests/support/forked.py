"""Services as forks of one process that has imported what they share: a start takes a tenth of the computing."""

from __future__ import annotations

import atexit
import os
import select
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from devserve import wire

from tests.support.forks import Forks
from tests.support.polling import looks

__all__ = ["Forked", "fork_service"]

# What several services import, and takes long.
_SHARED = [
    "fastapi", "fastapi.responses", "uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.lifespan.on",
    "uvicorn.protocols.websockets.auto", "httpx", "pydantic_settings", "psycopg", "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm", "sqlalchemy.dialects.postgresql.psycopg", "redis.asyncio", "procrastinate", "socketio",
    "itsdangerous", "limits.aio.storage", "limits.aio.strategies",
]  # fmt: skip


class _Server:
    """The fork server of this test process, and how its children ended. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._forks = Forks({"PATH": os.defpath})
        self._lock = threading.Lock()
        self._ended: dict[int, int] = {}
        self._forks.preload(_SHARED)
        while "preloaded" not in wire.receive(self._forks.control)[0]:
            pass
        atexit.register(self._forks.close)

    def request(self, message: dict[str, object], *descriptors: int) -> dict[str, int]:
        """A reply; an error in it fails the test."""
        with self._lock:
            reply = self._forks.request(message, *descriptors)
            assert "error" not in reply, reply["error"]
            # The number may have been another's, which ended before.
            self._ended.update(self._forks.ended(waiting=False))
            self._ended.pop(reply.get("pid", 0), None)
        return reply

    def status(self, pid: int) -> int | None:
        """How a child ended (negative: by a signal), None while it runs."""
        with self._lock:
            while select.select([self._forks.control], [], [], 0)[0]:
                self._ended.update(self._forks.ended(waiting=True))
            self._ended.update(self._forks.ended(waiting=False))
            return self._ended.get(pid)


@cache
def _server() -> _Server:
    return _Server()


class Forked:
    """A service that was started."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self._port = pid, port

    def poll(self) -> int | None:
        """Its exit code (negative: by a signal), None while it runs."""
        return _server().status(self.pid)

    def wait(self, seconds: float) -> int:
        """Its exit code; the port that it had refuses from now on. Raises TimeoutError."""
        for _ in looks(seconds):
            code = self.poll()
            if code is not None:
                _server().request({"do": "close", "ports": [self._port]})
                return code
        raise TimeoutError


def fork_service(
    name: str, app: str, port: int, path: list[str], env: Mapping[str, str], folder: Path, log: int
) -> Forked:
    """Starts `app` with these folders in its sys.path and just this environment; it writes to the descriptor `log`."""
    server = _server()
    server.request({"do": "listen", "ports": [port]})
    start = {
        "do": "start",
        "name": name,
        "app": app,
        "port": port,
        "path": path,
        "env": dict(env),
        "cwd": str(folder),
    }
    return Forked(server.request(start, log)["pid"], port)
