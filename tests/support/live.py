"""A Socket.IO client over one WebSocket: enough of the protocol to listen."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.polling import PATIENCE

__all__ = ["Refused", "events", "listening"]


class Refused(Exception):
    """The server did not let the client in."""


@contextmanager
def listening(gateway_url: str, cookie: str, origin: str | None = None) -> Iterator[ClientConnection]:
    """A connection that is let in. Raises `Refused`, or websockets' error when the handshake fails."""
    url = f"{gateway_url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    headers = {"Cookie": f"forma3d_session={cookie}"} | ({"Origin": origin} if origin else {})
    with connect(url, additional_headers=headers, open_timeout=PATIENCE) as connection:
        assert str(connection.recv(PATIENCE)).startswith("0")
        connection.send("40")
        answer = str(connection.recv(PATIENCE))
        if not answer.startswith("40"):
            raise Refused(answer)
        yield connection


def events(connection: ClientConnection, seconds: float = PATIENCE) -> Iterator[tuple[str, Any]]:
    """Name and content of each event, as they come, for at most `seconds`."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        packet = str(connection.recv(left))
        if packet == "2":
            connection.send("3")
        elif packet.startswith("42"):
            name, content = json.loads(packet[2:])
            yield name, content
