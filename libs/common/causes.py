"""What led to the work that runs: a webhook, a message or a call. The journal names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["CallCause", "because_of", "cause"]

_current: ContextVar[str] = ContextVar("cause", default="")


def cause() -> str:
    """`webhook shopify orders/create 7c1e…`, `message create_print_job 41` or `call POST /orders/…`; empty for none."""
    return _current.get()


@contextmanager
def because_of(what: str) -> Iterator[None]:
    """The block runs because of `what`."""
    token = _current.set(what)
    try:
        yield
    finally:
        _current.reset(token)


class CallCause:
    """ASGI middleware: a request is the cause of what it does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with because_of(f"call {scope['method']} {scope['path'][:200]}"):
            await self._app(scope, receive, send)
