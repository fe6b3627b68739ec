"""What one client may take of a service: bytes, lines and seconds of a request, and connections.

uvicorn limits none of these. The application names the class (`app.state.http_protocol`), and whatever runs it
(devserve, docker/serve.py) uses that one.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from common.limits import Connections, Limits

__all__ = ["Protocol", "protocol_of"]

# What is fed to the parser at once: it tells of a header line only when that is complete.
_PIECE = 16 * 1024

# The websockets library takes no longer lines (http11.MAX_LINE_LENGTH).
_WEBSOCKET_LINE = 8 * 1024 - 64

# How long what is refused is still read, and thrown away.
_LINGER_SECONDS = 1.0


class _Refused(Exception):
    """Stops the parser; `Protocol.send_400_response` answers."""


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol within `limits`; what breaks them is answered (408, 414, 431, 503) and cut off."""

    limits: ClassVar[Limits] = Limits()
    counted: ClassVar[Connections] = Connections(limits)
    # One for all connections: a class is garbage that only a full collection finds, and there are few of those.
    websocket: ClassVar[type[WebSocketsSansIOProtocol]]

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if self.ws_protocol_class is not None:
            self.ws_protocol_class = self.websocket
        self._timer: TimerHandle | None = None
        self._running: RequestResponseCycle | None = None
        self._status = 400
        self._over = False  # nothing more is read: it was refused or has become a WebSocket
        self._begun = False  # within a request
        self._in_head = True
        self._head_bytes = self._head_lines = 0
        self._unseen = 0  # bytes since the parser last told of anything

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.counted.enter(transport, self.client[0] if self.client else ""):
            self._time(self.limits.head_seconds)
        else:
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.counted.leave(self.transport)
        self._end_running()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            if self._over or self.transport.is_closing():
                return
            piece = data[start : start + _PIECE]
            super().data_received(piece)
            self._unseen += len(piece)
            if self._unseen > self.limits.header_bytes + 2 * _PIECE and not self._over:
                self._refuse(431)
        if self._over or self._timer is not None:
            return
        idle = self.cycle is None or self.cycle.response_complete
        if self._begun and not self._in_head:
            self._time(self.limits.body_seconds)
        elif self._begun or idle:
            self._time(self.limits.head_seconds)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = self._in_head = True
        self._head_bytes = self._head_lines = self._unseen = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self.limits.line_bytes:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        size = len(name) + len(value) + 4
        self._head_bytes += size
        self._head_lines += 1
        if (
            size > self.limits.line_bytes
            or self._head_bytes > self.limits.header_bytes
            or self._head_lines > self.limits.header_lines
        ):
            self._stop(431)
        if self._in_head:  # not a trailer, which would pass for a header that no proxy has seen
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._unseen = False, 0
        self._stop_timer()
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            self._stop(400)
        if self.parser.should_upgrade() and self._should_upgrade():
            self._check_upgrade()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unseen = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._begun, self._unseen = False, 0
        self._stop_timer()
        super().on_message_complete()

    def shutdown(self) -> None:
        """A request that is coming in is still answered; that answer is the last (`Connection: close`)."""
        if not self._begun or self._over:
            super().shutdown()

    def handle_websocket_upgrade(self) -> None:
        self._over = True
        self._stop_timer()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's method
        """Answers what the parser stopped at, with the status that stopped it."""
        self._refuse(self._status)

    def _check_upgrade(self) -> None:
        """A WebSocket's handshake has no body, and nobody would answer one that the websockets library cannot read."""
        names = {name for name, _ in self.headers}
        if names & {b"content-length", b"transfer-encoding"} or not self.url.isascii():
            self._stop(400)
        if self.parser.get_method() != b"GET" or self.parser.get_http_version() != "1.1":
            self._stop(400)
        if self._running is not None and not self._running.response_complete:
            self._stop(400)  # its answer would be written into the WebSocket
        if max(len(self.url), *(len(name) + len(value) for name, value in self.headers)) > _WEBSOCKET_LINE:
            self._stop(431)

    def _stop(self, status: int) -> None:
        self._status = status
        raise _Refused

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _end_running(self) -> None:
        """Whoever reads a request that is cut off, or would answer it, learns that nobody is there: with more requests behind
        it, uvicorn tells the last of them alone."""
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    def _refuse(self, status: int) -> None:
        """Answers and closes. A request before this one, if whole, still gets its own answer, and then this is the end."""
        self._over = True
        self._stop_timer()
        running = self._running if self._running and not self._running.response_complete else None
        if running and not running.more_body:
            running.keep_alive = False
            self.pipeline.clear()
            return
        self._end_running()
        if running and running.response_started:
            self.transport.close()
            return
        self.transport.write(_answer(status))
        if status == 503 or not self.transport.can_write_eof():
            self.transport.close()
            return
        # Closed with bytes unread, the system would reset it, and the client might not see the answer.
        self.transport.write_eof()
        self._timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _time(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self._begun:
            self._refuse(408)
        else:
            self.shutdown()


def _answer(status: int) -> bytes:
    text = STATUS_LINE[status].split(b" ", 2)[2].strip()
    return (
        STATUS_LINE[status]
        + b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
        + (b"content-length: %d\r\n\r\n" % len(text))
        + text
    )


def _websocket(counted: Connections) -> type[WebSocketsSansIOProtocol]:
    class WebSocket(WebSocketsSansIOProtocol):
        """Takes the place of the HTTP protocol, and its place in the count."""

        def connection_lost(self, exc: Exception | None) -> None:
            counted.leave(self.transport)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            # The handshake comes whole; one that cannot be read is otherwise never answered.
            if not self.handshake_initiated and not self.transport.is_closing():
                self.transport.write(_answer(400))
                self.transport.close()

    return WebSocket


Protocol.websocket = _websocket(Protocol.counted)


def protocol_of(limits: Limits) -> type[Protocol]:
    """A protocol class within `limits`, with a count of its own."""
    counted = Connections(limits)
    own = {"limits": limits, "counted": counted, "websocket": _websocket(counted)}
    return type("LimitedProtocol", (Protocol,), own)
