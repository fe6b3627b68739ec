"""What tests of `devkit verify` share: health for the small platform's services, results by id, other programs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devkit.findings.formats import REPORT_SCHEMA
from jsonschema import validate

from tests.support.demo import Demo, until

__all__ = ["add_health", "another_program", "results", "verify"]

_HEALTH = """

import datetime

_STARTED = datetime.datetime.now(datetime.UTC)


@app.get("/health/live")
def live() -> dict[str, object]:
    return {"status": "ok", "service": "NAME", "started": _STARTED.isoformat()}
"""


def add_health(platform: Demo) -> None:
    """Each service says who it is and since when it runs."""
    for service in ("hello", "other"):
        with platform.source(service).open("a") as file:
            file.write(_HEALTH.replace("NAME", service))


def verify(platform: Demo, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """The checks by id, from `verify --json`, after its exit code and shape were looked at."""
    done = platform.devkit("verify", "--json", *arguments, check=False)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    document = json.loads(done.stdout)
    validate(document, json.loads(REPORT_SCHEMA.read_text()))
    assert (document["command"], document["engine"]) == ("verify", "local")
    fixes = {finding["id"]: finding["fix"] for finding in document["findings"]}
    failed = {check["id"] for check in document["checks"] if check["result"] == "failed"}
    assert set(fixes) == failed, f"{done.stdout}\n{done.stderr}"
    return {check["id"]: check | {"fix": fixes.get(check["id"])} for check in document["checks"]}


def results(checks: dict[str, dict[str, Any]]) -> dict[str, str]:
    """id → result."""
    return {name: check["result"] for name, check in checks.items()}


@contextmanager
def another_program(
    port: int = 0, body: str = "<title>Notes</title>", kind: str = "text/html"
) -> Iterator[int]:
    """A web server that has nothing to do with the platform. Yields its port. One that is asked for may be taken for a
    moment, by the next try of a service that does not start."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    def bound() -> ThreadingHTTPServer:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)

    with until(bound, what=f"that port {port} is free") as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
