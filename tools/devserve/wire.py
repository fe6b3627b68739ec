"""Messages between the supervisor and the fork server: a four-byte length, then JSON, with file descriptors attached."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

__all__ = ["pack", "receive", "send", "unpack"]

_LENGTH = struct.Struct("!I")


def pack(message: dict[str, Any]) -> bytes:
    """A message as bytes."""
    body = json.dumps(message).encode()
    return _LENGTH.pack(len(body)) + body


def unpack(data: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """The whole messages at the beginning of what has come so far, and the rest."""
    messages: list[dict[str, Any]] = []
    while len(data) >= _LENGTH.size and len(data) - _LENGTH.size >= (
        size := _LENGTH.unpack(data[: _LENGTH.size])[0]
    ):
        messages.append(json.loads(data[_LENGTH.size : _LENGTH.size + size]))
        data = data[_LENGTH.size + size :]
    return messages, data


def send(channel: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Sends one message, blocking. Raises OSError when the other side has gone."""
    data = pack(message)
    if descriptors:
        sent = socket.send_fds(channel, [data], list(descriptors))
        data = data[sent:]
    channel.sendall(data)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receives one message, blocking. Raises EOFError when the other side has gone."""
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size, 4)
    if not head:
        raise EOFError
    head += _exactly(channel, _LENGTH.size - len(head))
    body = _exactly(channel, _LENGTH.unpack(head)[0])
    message: dict[str, Any] = json.loads(body)
    return message, list(descriptors)


def _exactly(channel: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = channel.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data
