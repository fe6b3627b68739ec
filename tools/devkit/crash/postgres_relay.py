"""A connection of a service to Postgres, by its protocol of messages (version 3). The end of each transaction that wrote
something is an effect; so is a statement outside of one."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping

from devkit.crash.effects import Effect, Tap
from devkit.crash.statements import begins_transaction, called, ends_transaction, written
from devkit.crash.streams import Pair, relay_unseen

__all__ = ["relay_postgres"]

_ENCRYPTION = {80877103, 80877104}  # SSLRequest, GSSENCRequest
_CANCEL = 80877102
_WHOLE = (b"Q", b"S")  # Query, Sync: then the server answers up to ReadyForQuery
_CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE")
_AT_ONCE = (b"p", b"X", b"H", b"d", b"c", b"f")  # passwords, Terminate, Flush, COPY


async def relay_postgres(
    client: Pair, server: Pair, tap: Tap, service: str, functions: Mapping[str, str]
) -> None:
    """Until either side closes. `functions` are those of the platform's that may write. Raises Struck."""
    if not await _opened(client, server):
        await relay_unseen(client, server)
        return
    session = _Session(client, server, tap, service, functions)
    sides = [asyncio.ensure_future(session.ask()), asyncio.ensure_future(session.answer())]
    try:
        done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        for side in done:
            side.result()
    finally:
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)


async def _opened(client: Pair, server: Pair) -> bool:
    """Passes on how a connection begins. Whether it is one for statements."""
    while True:
        size = await client.exactly(4)
        rest = await client.exactly(struct.unpack("!I", size)[0] - 4)
        code = struct.unpack("!I", rest[:4])[0]
        server.write(size + rest)
        await server.drain()
        if code not in _ENCRYPTION:
            return bool(code != _CANCEL)
        answer = await server.exactly(1)
        client.write(answer)
        await client.drain()
        if answer != b"N":
            return False  # encrypted from here on: nothing can be seen


class _Session:
    """What is under way on one connection."""

    def __init__(
        self, client: Pair, server: Pair, tap: Tap, service: str, functions: Mapping[str, str]
    ) -> None:
        self._client, self._server, self._tap = client, server, tap
        self._service, self._functions = service, functions
        self._prepared: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}
        self._executing: list[str] = []
        self._written: dict[str, None] = {}  # in the transaction that is open
        self._rows = 0
        self._status = b"I"
        self._pending = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._held: list[bytes] | None = None
        self._worked = False

    async def ask(self) -> None:
        """Passes the client's messages on."""
        batch: list[bytes] = []
        statements: list[str] = []
        while True:
            kind, message = await _read(self._client)
            batch.append(message)
            if (statement := self._understood(kind, message[5:])) is not None:
                statements.append(statement)
            if kind in _AT_ONCE:
                self._server.write(b"".join(batch))
                await self._server.drain()
                batch.clear()
            elif kind in _WHOLE:
                await self._pass_on(b"".join(batch), statements)
                batch, statements = [], []

    def _understood(self, kind: bytes, body: bytes) -> str | None:
        """The statement that a message has executed."""
        if kind == b"Q":
            return body.rstrip(b"\0").decode("utf-8", "replace")
        if kind == b"P":
            name, query, _ = body.split(b"\0", 2)
            self._prepared[name] = query.decode("utf-8", "replace")
        elif kind == b"B":
            portal, name, _ = body.split(b"\0", 2)
            self._portals[portal] = self._prepared.get(name, "")
        elif kind == b"E":
            return self._portals.get(body.partition(b"\0")[0], "")
        return None

    async def _pass_on(self, batch: bytes, statements: list[str]) -> None:
        effect = await self._effect(statements)
        # A transaction has written by now what it commits; a statement outside of one may find nothing to do.
        certain = effect is not None and (self._status == b"T" or not self._tap.is_uncertain(effect))
        nth = await self._tap.before(effect) if effect and certain else None
        self._executing += statements
        self._pending += 1
        self._idle.clear()
        if effect is None:
            self._server.write(batch)
            await self._server.drain()
            return
        self._held, self._worked = [], False
        self._server.write(batch)
        await self._server.drain()
        await self._idle.wait()
        held, self._held = self._held, None
        if self._worked or nth is not None:
            await self._tap.after(effect, nth)
        self._client.write(b"".join(held))
        await self._client.drain()

    async def _effect(self, statements: list[str]) -> Effect | None:
        """What these statements will have done for others once they are answered."""
        if not statements or begins_transaction(statements[0]):
            return None
        open_already = self._status == b"T" or self._pending
        if open_already:
            if not ends_transaction(statements):
                return None
            await self._idle.wait()
            done = ", ".join(self._written)
        else:
            done = ", ".join(filter(None, (self._does(statement) for statement in statements)))
        return Effect(self._service, "commit", done) if done else None

    def _does(self, statement: str) -> str:
        return written(statement) or called(statement, self._functions)

    async def answer(self) -> None:
        """Passes the server's messages back, but for those that are held."""
        while True:
            kind, message = await _read(self._server)
            self._notice(kind, message[5:])
            if self._held is None:
                self._client.write(message)
                await self._client.drain()
            else:
                self._held.append(message)
            if kind == b"Z":
                self._pending = max(self._pending - 1, 0)
                if not self._pending:
                    self._executing.clear()
                    self._idle.set()

    def _notice(self, kind: bytes, body: bytes) -> None:
        if kind == b"D":
            self._rows += any(_values(body))
        elif kind == b"C":
            statement = self._executing.pop(0) if self._executing else ""
            tag = body.rstrip(b"\0").decode("ascii", "replace").split()
            writes = written(statement)
            # Of a statement with several parts that write the tag counts one.
            changed = self._rows or "," in writes or (tag[0] in _CHANGES and tag[-1] != "0")
            if changed and (does := writes or (called(statement, self._functions) if self._rows else "")):
                self._worked = True
                self._written.update(dict.fromkeys(does.split(", ")))
            self._rows = 0
        elif kind == b"Z":
            self._status = body[:1]
            if self._status == b"I":
                self._written = {}


async def _read(source: Pair) -> tuple[bytes, bytes]:
    """The kind of the next message, and all of it."""
    head = await source.exactly(5)
    return head[:1], head + await source.exactly(struct.unpack("!I", head[1:])[0] - 4)


def _values(body: bytes) -> list[bool]:
    """Of a row, which of its values are there and not NULL."""
    (count,), at, found = struct.unpack("!H", body[:2]), 2, []
    for _ in range(count):
        (size,) = struct.unpack("!i", body[at : at + 4])
        found.append(size >= 0)
        at += 4 + max(size, 0)
    return found
