"""Between each service and each that it uses stands a relay, which sees what goes over the wire."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from devkit.crash.effects import Struck, Tap
from devkit.crash.http_relay import relay_http
from devkit.crash.postgres_relay import relay_postgres
from devkit.crash.redis_relay import relay_redis
from devkit.crash.streams import Pair, relay_unseen
from devkit.engines.local.units import Unit
from devkit.instance import PrivateInstance
from devkit.instance.places import free_ports

__all__ = ["Links"]

_URL = re.compile(r"\b([a-z][a-z+]*)://[^\s/]*?(?:127\.0\.0\.1|localhost):(\d+)")
_ADDRESS = re.compile(r"(127\.0\.0\.1|localhost):(\d+)")
_GONE = (OSError, asyncio.IncompleteReadError)
_Relay = Callable[[Pair, Pair], Awaitable[None]]


@dataclass
class _Link:
    """From one service to another, on a port of its own."""

    caller: str
    target: str
    port: int
    beyond: int
    relay: _Relay
    server: asyncio.Server | None = None
    connections: set[Pair] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        if self.server is None:
            self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=200)

    def close(self) -> None:
        """Callers are refused. What goes on goes on."""
        if self.server is not None:
            self.server.close()
            self.server = None

    def cut(self) -> None:
        """Ends what goes on too."""
        for pair in list(self.connections):
            pair.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._connect(Pair(reader, writer)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _connect(self, client: Pair) -> None:
        self.connections.add(client)
        server: Pair | None = None
        try:
            server = Pair(*await asyncio.open_connection("127.0.0.1", self.beyond))
            self.connections.add(server)
            await self.relay(client, server)
        except (*_GONE, Struck):
            pass
        finally:
            for pair in (client, server):
                if pair is not None:
                    pair.abort()
                    self.connections.discard(pair)


class Links:
    """Those of an instance. `services` are looked at; what is there for development alone may call them."""

    def __init__(self, instance: PrivateInstance, tap: Tap, functions: Mapping[str, str]) -> None:
        self._tap, self._functions = tap, functions
        self._instance = instance
        self._services = [unit.name for unit in instance.services()]
        self._targets = {unit.port: unit.name for unit in instance.units if unit.port}
        wanted = {
            (unit.name, target): scheme
            for unit in instance.applications()
            for target, scheme in self._uses(unit)
            if unit.name in self._services or target in self._services
        }
        ports = {name: port for port, name in self._targets.items()}
        self._links = {
            (caller, target): _Link(caller, target, port, ports[target], self._relay(caller, target, scheme))
            for ((caller, target), scheme), port in zip(wanted.items(), free_ports(len(wanted)), strict=True)
        }

    def _uses(self, unit: Unit) -> Iterator[tuple[str, str]]:
        """The others that its environment leads to, each with the scheme of its URL."""
        for text in unit.environment.values():
            for scheme, port in _URL.findall(text):
                name = self._targets.get(int(port))
                if name and name != unit.name:
                    yield name, scheme.partition("+")[0]

    def _relay(self, caller: str, target: str, scheme: str) -> _Relay:
        tap = self._tap
        if scheme in ("postgresql", "postgres"):
            return lambda client, server: relay_postgres(client, server, tap, caller, self._functions)
        if scheme == "redis":
            return lambda client, server: relay_redis(client, server, tap, caller)
        if scheme == "http":
            return lambda client, server: relay_http(client, server, tap, caller, target)
        return relay_unseen

    def adapt(self, unit: Unit) -> list[Unit]:
        """The unit as it runs here: what it uses is behind the links."""

        def address(match: re.Match[str]) -> str:
            link = self._links.get((unit.name, self._targets.get(int(match[2]), "")))
            return f"{match[1]}:{link.port}" if link else match[0]

        changed = {name: _ADDRESS.sub(address, text) for name, text in unit.environment.items()}
        return [replace(unit, environment=changed)]

    async def open(self, target: str | None = None) -> None:
        """All, or those to one service."""
        for link in self._links.values():
            if target in (None, link.target):
                await link.open()

    def close(self, target: str) -> None:
        """Nobody is let in to this one any more."""
        for link in self._links.values():
            if link.target == target:
                link.close()

    async def end(self) -> None:
        """Closes all."""
        tasks = [task for link in self._links.values() for task in link.tasks]
        for link in self._links.values():
            link.close()
            link.cut()
        for task in tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            await asyncio.gather(*tasks, return_exceptions=True)
