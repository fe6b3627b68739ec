"""W3C trace context: one trace runs from a webhook through every message and call to the parcel.

It is passed on whether or not spans are sent anywhere (OTEL_EXPORTER_OTLP_ENDPOINT): the journal and the logs name it.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["HEADER", "TraceContext", "continued", "pass_on", "trace_id", "traceparent"]

HEADER = "traceparent"

_FORM = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
_current: ContextVar[str] = ContextVar("traceparent", default="")


def traceparent() -> str:
    """The running work's `traceparent`; empty outside of any."""
    return _of_the_span() or _current.get()


def trace_id() -> str:
    """32 hexadecimal digits; empty outside of any work."""
    return traceparent()[3:35]


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
    """ASGI middleware: a request goes on with its caller's trace, or begins one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        told = given.decode("latin-1")
        token = _current.set(told if _is_valid(told) else _new())
        try:
            await self._app(scope, receive, send)
        finally:
            _current.reset(token)


async def pass_on(request: httpx.Request) -> None:
    """Event hook of HTTP clients: whoever is called goes on with the trace."""
    if HEADER not in request.headers and (current := traceparent()):
        request.headers[HEADER] = current


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
