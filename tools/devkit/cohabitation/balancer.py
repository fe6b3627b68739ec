"""What stands in front of the copies of a service, as a Service of Kubernetes does: each request goes to one of them."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Collection, Sequence

from devkit.instance.exchange import LARGEST_HEAD, exchange, path_of, read_head

__all__ = ["Balancer", "kind_of"]

_DIGIT, _VERSION = re.compile(r"\d"), re.compile(r"v\d+")


class Balancer:
    """Of one service, on several ports. `targets` are the ports of its copies. Of as many requests of a kind in a row as there
    are copies each gets one, in any order: soon every copy has had every kind. A kind is a method and a path, whatever ids are
    in that. `served` counts them by port, those that ask for its health (`probes`) left out. While it is `shut`
    every connection is closed."""

    def __init__(self, ports: Collection[int], probes: Collection[str]) -> None:
        self._ports, self._probes = ports, frozenset(probes)
        self._targets: tuple[int, ...] = ()
        self._turns: dict[str, list[int]] = {}
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.Task[None]] = set()
        self.shut = False
        self.served: Counter[int] = Counter()

    @property
    def targets(self) -> tuple[int, ...]:
        """Where requests go."""
        return self._targets

    def lead_to(self, targets: Sequence[int]) -> None:
        """From here on requests go to these. What is under way stays where it is."""
        self._targets, self._turns = tuple(targets), {}

    async def open(self) -> None:
        """Begins to listen. Raises OSError."""
        for port in self._ports:
            self._servers.append(
                await asyncio.start_server(self._serve, "127.0.0.1", port, limit=LARGEST_HEAD)
            )

    async def cut(self) -> None:
        """Closes what is open."""
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def close(self) -> None:
        """Ends it."""
        for server in self._servers:
            server.close()
        await self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._hand_over(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _hand_over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await read_head(reader)
            if head is None or self.shut or not self._targets:
                return
            if path_of(head) in self._probes:
                await exchange(head, self._targets[0], reader, writer)
            else:
                port = self._next(head)
                self.served[port] += 1
                await exchange(head, port, reader, writer)
        except OSError:  # either side has gone
            pass
        finally:
            writer.close()

    def _next(self, head: bytes) -> int:
        kind = kind_of(head)
        if not self._turns.get(kind):
            self._turns[kind] = random.sample(self._targets, len(self._targets))
        return self._turns[kind].pop()


def kind_of(head: bytes) -> str:
    """A request's method and path, with `*` in place of what looks like an id: whatever has a digit, but for versions."""
    parts = path_of(head).split("/")
    kept = [part if _VERSION.fullmatch(part) or not _DIGIT.search(part) else "*" for part in parts]
    return f"{head.partition(b' ')[0].decode('latin-1')} {'/'.join(kept)}"
