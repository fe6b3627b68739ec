"""Servers of a test's own that answer as Docker or an API server do: over HTTP, on a port or a socket's file."""

from __future__ import annotations

import contextlib
import json
import shutil
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.support.polling import PATIENCE

__all__ = ["Answers", "Reply", "on_port", "on_socket"]


@dataclass(frozen=True)
class Reply:
    """One answer. A `body` that is not text is sent as JSON; `wait` seconds pass first."""

    body: Any = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0


Answers = Mapping[str, Any]


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    answers: Answers


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    answers: Answers


class _Handler(BaseHTTPRequestHandler):
    server: _Server | _UnixServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The answer for the path, without its query."""
        found = self.server.answers.get(self.path.partition("?")[0])
        reply = found if isinstance(found, Reply) else Reply(found)
        if found is None:
            reply = Reply({"kind": "Status", "message": f"{self.path} not found", "code": 404}, 404)
        time.sleep(reply.wait)
        content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        headers = {"Content-Type": "application/json", "Date": self.date_time_string(), **reply.headers}
        with contextlib.suppress(OSError):  # the client may have given up
            self.send_response_only(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

    def do_PATCH(self) -> None:
        """Merges the body into the answer for the path, as an API server does, and answers with that."""
        found = self.server.answers.get(self.path.partition("?")[0])
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if isinstance(found, dict):
            _merge(found, body)
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


@contextmanager
def on_port(answers: Answers) -> Iterator[int]:
    """A server on a free port of loopback."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.answers = answers
        with _serving(server):
            yield server.server_address[1]


@contextmanager
def on_socket(answers: Answers) -> Iterator[Path]:
    """A server on a socket's file, whose path is short enough for one."""
    folder = Path(tempfile.mkdtemp(prefix="dk-"))
    try:
        with _UnixServer(str(folder / "docker.sock"), _Handler) as server:
            server.answers = answers
            with _serving(server):
                yield folder / "docker.sock"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(PATIENCE)
