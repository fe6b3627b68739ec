"""One question to one server: over UDP, again when it is lost, over TCP when the answer does not fit, and never for long."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable, Sequence

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver

from devkit.base.errors import DevkitError, ExitCode
from devkit.dns.model import Reply, Server
from devkit.dns.names import DNS_PORT

__all__ = ["TIME_UP", "Asker", "system_resolvers"]

TIME_UP = "the time was up before it answered (--deadline)"

# Answers up to this size come over UDP everywhere (https://www.dnsflagday.net/2020/).
_PAYLOAD = 1232
_AT_ONCE = 40
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def system_resolvers() -> list[Server]:
    """Those that this machine is set up with. Raises DevkitError (exit 2) where there are none."""
    try:
        found = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        found = None
    addresses = [each for each in found.nameservers if isinstance(each, str)] if found else []
    if found is None or not addresses:
        raise DevkitError(
            "this machine has no resolver, by which the name servers would be found",
            fix="name one with --resolver ADDRESS, or the name servers with --server ADDRESS",
            exit_code=ExitCode.USAGE,
        )
    return [Server("", address, found.port or DNS_PORT) for address in addresses]


class Asker:
    """Asks, each question of each server once. `timeout` in seconds for one try of `tries`; `until` is when (monotonic) all
    questions end. `on_ask` hears of each server's name as it is asked."""

    def __init__(
        self,
        resolvers: Sequence[Server],
        *,
        timeout: float,
        tries: int,
        until: float,
        on_ask: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._resolvers, self._timeout, self._tries, self._until = resolvers, timeout, tries, until
        self._on_ask = on_ask
        self._asked: dict[tuple[Server, dns.name.Name, int, bool], asyncio.Future[Reply]] = {}
        self._silent: dict[Server, Reply] = {}
        self._free = asyncio.Semaphore(_AT_ONCE)

    def left(self) -> float:
        """Seconds until everything ends; 0 when that is over."""
        return max(0.0, self._until - time.monotonic())

    def over(self) -> bool:
        return self.left() <= 0

    async def ask(
        self, server: Server, name: dns.name.Name, kind: dns.rdatatype.RdataType, *, recursive: bool = False
    ) -> Reply:
        """What the server says. One that did not answer before is not asked again, but a resolver: it may have waited for
        others."""
        key = (server, name, int(kind), recursive)
        if key not in self._asked:
            self._asked[key] = asyncio.ensure_future(self._ask(server, name, kind, recursive=recursive))
        return await self._asked[key]

    async def all(
        self, servers: Sequence[Server], name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> dict[Server, Reply]:
        """The same of several servers at once."""
        replies = await asyncio.gather(*(self.ask(server, name, kind) for server in servers))
        return dict(zip(servers, replies, strict=True))

    async def resolve(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Reply:
        """What the first resolver says that says anything but that it failed."""
        reply = Reply(Server("", "", 0), trouble="there is no resolver to ask")
        for server in self._resolvers:
            reply = await self.ask(server, name, kind, recursive=True)
            if reply.rcode in ("NOERROR", "NXDOMAIN"):
                return reply
        return reply

    async def _ask(
        self, server: Server, name: dns.name.Name, kind: dns.rdatatype.RdataType, *, recursive: bool
    ) -> Reply:
        async with self._free:
            if server in self._silent:
                return self._silent[server]
            self._on_ask(str(server))
            query = dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD)
            if not recursive:
                query.flags &= ~dns.flags.RD
            reply = await self._tried(server, query)
            if reply.message is None and not reply.partial and not recursive:
                self._silent[server] = reply
            return reply

    async def _tried(self, server: Server, query: dns.message.Message) -> Reply:
        trouble = ""
        for number in range(1, self._tries + 1):
            seconds = min(self._timeout, self.left())
            if seconds <= 0:
                return Reply(server, trouble=TIME_UP)
            try:
                message, tcp = await asyncio.wait_for(_exchange(query, server, seconds), 2 * seconds)
                return Reply(server, message, tcp=tcp)
            except (dns.exception.Timeout, TimeoutError):
                if seconds < self._timeout:
                    return Reply(server, trouble=TIME_UP)
                trouble = f"no answer within {seconds:g} s" + (
                    f" to {number} questions" if number > 1 else ""
                )
            except dns.exception.DNSException as problem:
                trouble = f"its answer cannot be read ({type(problem).__name__})"
            except _NoTcp as problem:
                return Reply(server, trouble=str(problem), partial=True)
            except OSError as problem:
                unasked = problem.errno in _NO_WAY and ":" in server.address
                words = "this machine has no IPv6" if unasked else _words(problem)
                return Reply(server, trouble=words, unasked=unasked)
        return Reply(server, trouble=trouble)


async def _exchange(
    query: dns.message.Message, server: Server, seconds: float
) -> tuple[dns.message.Message, bool]:
    """The answer, and whether it came over TCP. The socket is connected, so that a port without a server is told at once."""
    family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
    where = (server.address, server.port)
    backend = dns.asyncbackend.get_default_backend()
    try:
        async with await backend.make_socket(family, socket.SOCK_DGRAM, 0, None, where) as connected:  # type: ignore[no-untyped-call]
            reply = await dns.asyncquery.udp(
                query, server.address, timeout=seconds, port=server.port, ignore_unexpected=True, ignore_errors=True,
                raise_on_truncation=True, sock=connected,
            )  # fmt: skip
            return reply, False
    except dns.message.Truncated:
        try:
            return await dns.asyncquery.tcp(query, server.address, timeout=seconds, port=server.port), True
        except OSError as problem:
            raise _NoTcp(f"its answer needs TCP, where {_words(problem).replace(' there', '')}") from None
        except (dns.exception.Timeout, EOFError):
            raise _NoTcp("its answer needs TCP, where it gives none") from None


class _NoTcp(Exception):
    """A server that should answer over TCP and does not. The text is the trouble."""


def _words(problem: OSError) -> str:
    if isinstance(problem, ConnectionRefusedError):
        return "nobody listens there (connection refused)"
    return (problem.strerror or str(problem) or type(problem).__name__).lower()
