"""The two halves of a connection, as one."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

__all__ = ["Pair", "pump", "relay_unseen"]

_SIZE = 1 << 16


@dataclass(frozen=True)
class Pair:
    """What comes from one end of a connection and what goes there. What fails says that the connection is gone: OSError, or
    IncompleteReadError at its end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self, most: int) -> bytes:
        """What is there, empty at the end."""
        return await self.reader.read(most)

    async def exactly(self, size: int) -> bytes:
        """So many bytes."""
        return await self.reader.readexactly(size)

    def write(self, data: bytes | None) -> None:
        """Passes something on."""
        if data:
            self.writer.write(data)

    async def drain(self) -> None:
        """Waits until there is room for more."""
        await self.writer.drain()

    def abort(self) -> None:
        """Closes it at once, as the end of a process does."""
        with contextlib.suppress(OSError, RuntimeError):
            self.writer.transport.abort()


async def pump(source: Pair, target: Pair) -> None:
    """Passes on whatever comes, until one end closes; then the other is closed too."""
    try:
        while data := await source.read(_SIZE):
            target.write(data)
            await target.drain()
    finally:
        target.abort()


async def relay_unseen(client: Pair, server: Pair) -> None:
    """A connection whose protocol is nobody's business here."""
    await asyncio.gather(pump(client, server), pump(server, client))
