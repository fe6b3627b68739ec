"""A receiver on this machine that accepts any request."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from devkit.base.errors import DevkitError, ExitCode
from devkit.webhooks.capture import Capture

__all__ = ["Manner", "PortRefused", "listen"]

_MOST = 32 * 2**20  # bytes of a body
_PATIENCE = 30.0  # seconds for the next bytes
_LENGTH = 12  # digits of a Content-Length


class PortRefused(DevkitError):
    """The system does not give the port."""


class _Refused(Exception):
    """A request that is not taken: the status of the answer, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Manner:
    """How it answers: with a `status`, after `delay` seconds."""

    status: int = 200
    delay: float = 0.0


def listen(
    port: int,
    manner: Manner,
    arrived: Callable[[Capture], Capture],
    started: Callable[[int], None],
    *,
    answered: Callable[[Capture], None] = lambda _: None,
    failed: Callable[[str], None] = lambda _: None,
) -> None:
    """Takes requests on 127.0.0.1 until it is interrupted. `started` hears the port; 0 asks for any. `arrived` hears of each
    request before its answer and says as what it is kept, `answered` after it, `failed` of each that broke, in a line that may hold what was sent.

    Raises PortRefused (exit 5) when the port is taken.
    """
    numbers = count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _PATIENCE

        def take(self) -> None:
            try:
                body = self._body()
            except _Refused as refused:
                self.close_connection = True
                failed(f"{self.command} {self.path}: {refused}")
                self._answer(refused.status)
                return
            now = datetime.now().astimezone()
            id = f"{now:%Y%m%d-%H%M%S}-{next(numbers):03d}"
            capture = Capture(id, now, self.command, self.path, tuple(self.headers.items()), body)
            capture = arrived(capture)
            time.sleep(manner.delay)
            self._answer(manner.status)
            self.wfile.flush()
            answered(capture)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = take

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _body(self) -> bytes:
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                return self._chunks()
            given = self.headers.get("Content-Length") or "0"
            if not (given.isascii() and given.isdigit()):
                raise _Refused(400, f"Content-Length is {given!r}")
            # More digits than that are no number that is worth reading.
            if len(given) > _LENGTH or int(given) > _MOST:
                raise _Refused(413, f"a body of {given[:20]} bytes is more than anybody sends")
            return self._exactly(int(given))

        def _exactly(self, length: int) -> bytes:
            body = self.rfile.read(length)
            if len(body) < length:
                raise _Refused(400, f"the client closed the connection after {len(body)} of {length} bytes")
            return body

        def _chunks(self) -> bytes:
            body = b""
            while size := self._size():
                if len(body) + size > _MOST:
                    raise _Refused(413, "the body is more than anybody sends")
                body += self._exactly(size)
                self.rfile.readline(100)
            while self.rfile.readline(65536).strip():
                pass  # trailers
            return body

        def _size(self) -> int:
            line = self.rfile.readline(100)
            try:
                return int(line.split(b";")[0], 16)
            except ValueError:
                raise _Refused(400, "a chunk without its size") from None

        def log_error(self, format: str, *arguments: Any) -> None:
            failed(format % arguments)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Of a client that went away, or of what nobody thought of: a line, no traceback."""
            problem = sys.exc_info()[1]
            if isinstance(problem, ConnectionError):
                failed("the client reset the connection")
            else:
                failed(f"a request was not handled ({type(problem).__name__}: {problem})")

    try:
        server = Server(("127.0.0.1", port), Handler)
    except OSError as problem:
        raise PortRefused(
            f"port {port}: {problem.strerror}",
            fix="--port 0 picks a free one",
            exit_code=ExitCode.REFUSED,
        ) from None
    with server:
        started(server.server_port)
        server.serve_forever()
