"""A receiver on this machine that accepts any request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from devkit.base.errors import DevkitError, ExitCode
from devkit.webhooks.capture import Capture

__all__ = ["Manner", "PortRefused", "listen"]

_MOST = 32 * 2**20  # bytes of a body
_PATIENCE = 30.0  # seconds for the next bytes


class PortRefused(DevkitError):
    """The system does not give the port."""


@dataclass(frozen=True)
class Manner:
    """How it answers: with a `status`, after `delay` seconds."""

    status: int = 200
    delay: float = 0.0


def listen(
    port: int, manner: Manner, arrived: Callable[[Capture], None], started: Callable[[int], None]
) -> None:
    """Takes requests on 127.0.0.1 until it is interrupted. `started` hears the port; 0 asks for any.

    Raises PortRefused (exit 5) when the port is taken.
    """
    numbers = count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE

        def take(self) -> None:
            body = self._body()
            if body is None:
                self.close_connection = True
                self._answer(413)
                return
            now = datetime.now().astimezone()
            id = f"{now:%Y%m%d-%H%M%S}-{next(numbers):03d}"
            arrived(Capture(id, now, self.command, self.path, tuple(self.headers.items()), body))
            time.sleep(manner.delay)
            self._answer(manner.status)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = take

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _body(self) -> bytes | None:
            """None when it is more than anybody sends."""
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                return self._chunks()
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length <= _MOST else None

        def _chunks(self) -> bytes | None:
            body = b""
            while size := int(self.rfile.readline(100).split(b";")[0], 16):
                if len(body) + size > _MOST:
                    return None
                body += self.rfile.read(size)
                self.rfile.readline(100)
            while self.rfile.readline(65536).strip():
                pass  # trailers
            return body

        def log_message(self, *_: object) -> None:
            pass

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as problem:
        raise PortRefused(
            f"port {port}: {problem.strerror}",
            fix="--port 0 picks a free one",
            exit_code=ExitCode.REFUSED,
        ) from None
    server.daemon_threads = True
    with server:
        started(server.server_port)
        server.serve_forever()
