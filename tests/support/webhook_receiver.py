"""An HTTP server on loopback for a receiver of webhooks that a test brings along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Protocol

from tests.support.polling import PATIENCE

__all__ = ["Received", "WebhookReceiver", "serving"]


@dataclass
class Received:
    """A request, its headers as (small name, value) pairs, doubled ones included; `port` is the sender's."""

    headers: list[tuple[str, str]]
    body: bytes
    path: str = ""
    port: int = 0


class WebhookReceiver(Protocol):
    """What a test brings along: the methods it takes, the bytes a body may have, and its answer's status."""

    @property
    def methods(self) -> tuple[str, ...]: ...

    @property
    def limit(self) -> int: ...

    def answer(self, request: Received) -> int:
        """The status for a request."""


@contextmanager
def serving(receiver: WebhookReceiver) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            status = self.answer()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET = do_PUT = handle_any

        def answer(self) -> int:
            length = int(self.headers.get("Content-Length") or 0)
            if length > receiver.limit:
                self.close_connection = True
                return 413
            body = self._chunks() if self.headers.get("Transfer-Encoding") else self.rfile.read(length)
            if self.command not in receiver.methods:
                return 405
            headers = [(name.lower(), value) for name, value in self.headers.items()]
            status = receiver.answer(Received(headers, body, self.path, self.client_address[1]))
            self.close_connection = self.close_connection or status >= 500  # as uvicorn does
            return status

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        thread.join(PATIENCE)
