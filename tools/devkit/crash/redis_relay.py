"""A connection of a service to Redis, one command after the other."""

from __future__ import annotations

import hiredis

from devkit.crash.effects import Effect, Tap, plain
from devkit.crash.streams import Pair, relay_unseen

__all__ = ["relay_redis"]

_SIZE = 1 << 16
_NOTHING_YET = object()
# What is about the connection alone.
_OWN = {"AUTH", "CLIENT", "COMMAND", "HELLO", "INFO", "PING", "QUIT", "RESET", "SELECT"}
_LISTENS = {"MONITOR", "PSUBSCRIBE", "SSUBSCRIBE", "SUBSCRIBE"}
# Their first argument is the script, or its digest.
_SCRIPTS = {"EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO", "FCALL"}


async def relay_redis(client: Pair, server: Pair, tap: Tap, service: str) -> None:
    """Until either side closes. Raises Struck."""
    commands = hiredis.Reader(notEnoughData=_NOTHING_YET)
    while data := await client.read(_SIZE):
        commands.feed(data)
        while (command := commands.gets()) is not _NOTHING_YET:
            name = command[0].decode("ascii", "replace").upper()
            if name in _LISTENS:
                server.write(_encoded(command))
                await relay_unseen(client, server)
                return
            effect = None if name in _OWN else Effect(service, "redis", _named(name, command))
            nth = await tap.before(effect) if effect else None
            server.write(_encoded(command))
            await server.drain()
            reply = await _reply(server)
            if effect:
                await tap.after(effect, nth)
            client.write(reply)
            await client.drain()


async def _reply(server: Pair) -> bytes:
    """All of one, as it came: nothing else is under way."""
    reader = hiredis.Reader(notEnoughData=_NOTHING_YET)
    whole = b""
    while reader.gets() is _NOTHING_YET:
        data = await server.read(_SIZE)
        if not data:
            raise ConnectionResetError("Redis has closed the connection")
        whole += data
        reader.feed(data)
    return whole


def _encoded(command: list[bytes]) -> bytes:
    parts = b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in command)
    return b"*%d\r\n%b" % (len(command), parts)


def _named(name: str, command: list[bytes]) -> str:
    keys = command[3:4] if name in _SCRIPTS else command[1:2]
    return " ".join([name, *(plain(key.decode("utf-8", "replace")) for key in keys)])
