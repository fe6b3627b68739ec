"""Health checks of a service that may stand at a breakpoint.

A process that is stopped answers nothing. Kubernetes would take it out of rotation, and then kill it, under the hands of
the one who debugs it. So its probes come here: they are passed on to the service, and answered for it while a debugger
that is attached keeps it from answering. Without a debugger, or once it has gone, the service answers them.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["STATE_PATH", "answer_probes"]

# Says `{"debugger": "attached" | "awaited" | "none"}`.
STATE_PATH = "/debugger"
# Seconds that the service gets; a readiness probe's own patience is a little more.
_PATIENCE = 2.0


def answer_probes(host: str, port: int, service_port: int, debugger: Callable[[], str]) -> None:
    """Answers in the background. Raises OSError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == STATE_PATH:
                self._answer(200, json.dumps({"debugger": debugger()}).encode())
                return
            connection = http.client.HTTPConnection("127.0.0.1", service_port, timeout=_PATIENCE)
            try:
                connection.request(self.command, self.path, headers={"Connection": "close"})
                said = connection.getresponse()
                self._answer(said.status, said.read())
            except TimeoutError:
                self._held_up(debugger())
            except (OSError, http.client.HTTPException):
                self._answer(503, b'{"state": "no answer"}')
            finally:
                connection.close()

        do_HEAD = do_GET

        def _held_up(self, state: str) -> None:
            self._answer(504 if state == "none" else 200, json.dumps({"debugger": state}).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Probes every five seconds are not worth logging."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
