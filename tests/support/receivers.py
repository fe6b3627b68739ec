"""Loopback stand-ins for the outside: an HTTP server that remembers, and an OTLP/gRPC collector."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from tests.support.polling import PATIENCE

__all__ = ["Call", "Collector", "HttpReceiver", "collector", "http_receiver"]


@dataclass(frozen=True)
class Call:
    """A request as it came in; gzip is undone, header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Call], tuple[int, str]]


@dataclass
class HttpReceiver:
    """Where it listens and what came in."""

    url: str
    calls: list[Call] = field(default_factory=list)

    def to(self, path: str) -> list[Call]:
        """The calls whose path starts with `path`."""
        return [call for call in self.calls if call.path.startswith(path)]


@contextmanager
def http_receiver(answer: Answer = lambda _: (200, "{}")) -> Iterator[HttpReceiver]:
    """An HTTP server that remembers each call and answers what `answer` says."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # who sent it was killed
                return
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.command, self.path, headers, body)
            receiver.calls.append(call)
            code, content = answer(call)
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = handle_any

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = HttpReceiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Remembers spans: pairs of service name and span name."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str]] = []
        self.url = ""

    def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            facts = {fact.key: fact.value.string_value for fact in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [(facts["service.name"], span.name) for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


@contextmanager
def collector() -> Iterator[Collector]:
    """An OTLP collector over gRPC."""
    server = grpc.server(ThreadPoolExecutor(2))
    received = Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(received, server)  # type: ignore[no-untyped-call]
    received.url = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield received
    finally:
        server.stop(0).wait(PATIENCE)
