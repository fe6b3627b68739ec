"""W3C trace context: one trace runs from a webhook through every message and call to the parcel.

It is passed on whether or not spans are sent anywhere (OTEL_EXPORTER_OTLP_ENDPOINT): the journal, the logs and every answer
name it. A caller may name a request besides (`X-Request-Id`).
"""

from __future__ import annotations

import re
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "HEADER",
    "REQUEST_HEADER",
    "TraceContext",
    "continued",
    "pass_on",
    "pass_on_request",
    "request_id",
    "trace_id",
    "traceparent",
]

HEADER = "traceparent"
REQUEST_HEADER = "X-Request-Id"

# W3C Trace Context, level 2.
_ANSWER_HEADER = "traceresponse"
# The copy that answers: its pod's or container's name.
_COPY_HEADER, _COPY = "X-Served-By", socket.gethostname()

_FORM = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
# It is written into logs and headers.
_REQUEST_FORM = re.compile(r"[A-Za-z0-9._~:+/=-]{1,64}")
_current: ContextVar[str] = ContextVar("traceparent", default="")
_request: ContextVar[str] = ContextVar("request", default="")


def traceparent() -> str:
    """The running work's `traceparent`; empty outside of any."""
    return _of_the_span() or _current.get()


def trace_id() -> str:
    """32 hexadecimal digits; empty outside of any work."""
    return traceparent()[3:35]


def request_id() -> str:
    """What the caller named the request; empty where it did not, and within jobs."""
    return _request.get()


@contextmanager
def continued(parent: str, name: str) -> Iterator[None]:
    """The block goes on with the trace of `parent`, in a span of its own called `name` where spans are sent.

    What is no `traceparent` begins a new trace.
    """
    parent = parent if _is_valid(parent) else _new()
    token = _current.set(parent)
    try:
        with _span(parent, name):
            yield
    finally:
        _current.reset(token)


class TraceContext:
    """ASGI middleware: a request goes on with its caller's trace, or begins one; its answer names the trace, the request
    (that is the trace's id where the caller gave no name, or none of at most 64 letters, digits and `._~:+/=-`) and the copy
    of the service that answers.

    To be the outermost: what the others answer, and log, is to have it too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = _header(scope, HEADER)
        parent = _of_the_span() or (told if _is_valid(told) else _new())
        named = _header(scope, REQUEST_HEADER)
        request = named if _REQUEST_FORM.fullmatch(named) else ""

        async def naming(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[_ANSWER_HEADER] = parent
                headers[REQUEST_HEADER] = request or parent[3:35]
                headers[_COPY_HEADER] = _COPY
            await send(message)

        tokens = _current.set(parent), _request.set(request)
        await self._app(scope, receive, naming)
        # Not after an exception: the server tells of it next, in the same task.
        _current.reset(tokens[0])
        _request.reset(tokens[1])


def _header(scope: Scope, name: str) -> str:
    wanted = name.lower().encode()
    given: bytes = next((value for key, value in scope["headers"] if key == wanted), b"")
    return given.decode("latin-1")


async def pass_on(request: httpx.Request) -> None:
    """Event hook of HTTP clients: whoever is called goes on with the trace."""
    if HEADER not in request.headers and (current := traceparent()):
        request.headers[HEADER] = current


async def pass_on_request(request: httpx.Request) -> None:
    """Event hook of HTTP clients for our own services: they log what the caller named the request, too."""
    if current := request_id():
        request.headers[REQUEST_HEADER] = current


def _is_valid(text: str) -> bool:
    found = _FORM.fullmatch(text)
    return found is not None and not text.startswith("ff") and int(found[1], 16) > 0 and int(found[2], 16) > 0


def _new() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def _of_the_span() -> str:
    # Nobody imports OpenTelemetry while spans go nowhere: no span is current then.
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return ""
    span = trace.get_current_span().get_span_context()
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}" if span.is_valid else ""


@contextmanager
def _span(parent: str, name: str) -> Iterator[None]:
    if "opentelemetry.sdk.trace" not in sys.modules:
        yield
        return
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({HEADER: parent})
    kind = trace.SpanKind.CONSUMER
    with trace.get_tracer("common.worker").start_as_current_span(name, context=context, kind=kind):
        yield
