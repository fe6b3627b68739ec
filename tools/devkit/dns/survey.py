"""Collects what the servers say of names: their zones, every name that they lead through, who may issue certificates for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import dns.name
import dns.rdatatype

from devkit.dns.ask import Asker, system_resolvers
from devkit.dns.authorisation import relevant_caa
from devkit.dns.certificates import HTTPS_PORT, Trust, ask_for_certificates
from devkit.dns.model import Certificate, Lookup, Owner, Server, Survey
from devkit.dns.names import DNS_PORT, shown
from devkit.dns.zones import ZoneFinder

__all__ = ["LONGEST_CHAIN", "Questions", "collect"]

# Resolvers stop after so many aliases: Unbound did after 8 (NLnetLabs/unbound#438).
LONGEST_CHAIN = 8


@dataclass(frozen=True)
class Questions:
    """Whom to ask, and for how long. `servers` are asked in place of those that the zones name; `resolvers` find these (none:
    the machine's own). `timeout` is for one try, `deadline` for everything, in seconds. `certificates`: connect to the
    addresses and look at those, or only to `at`. `cacert`: more authorities to trust."""

    servers: tuple[Server, ...] = ()
    resolvers: tuple[Server, ...] = ()
    port: int = DNS_PORT
    timeout: float = 2.0
    tries: int = 2
    deadline: float = 60.0
    certificates: bool = True
    https_port: int = HTTPS_PORT
    at: tuple[str, ...] = ()
    cacert: str | None = None


def collect(
    names: Sequence[dns.name.Name], questions: Questions, on_ask: Callable[[str], None] = lambda _: None
) -> Survey:
    """Asks everything, for at most `questions.deadline` seconds; what is not known by then says so. `on_ask` hears who is asked.

    Raises DevkitError (exit 2) where there is no resolver, or where `cacert` is no file of certificates.
    """
    trust = (
        Trust(questions.cacert) if questions.certificates or questions.cacert else None
    )  # refused before anything takes time
    resolvers = questions.resolvers or tuple(system_resolvers())
    return asyncio.run(_collect(names, replace(questions, resolvers=resolvers), trust, on_ask))


async def _collect(
    names: Sequence[dns.name.Name], questions: Questions, trust: Trust | None, on_ask: Callable[[str], None]
) -> Survey:
    when, began = datetime.now(UTC), time.monotonic()
    asker = Asker(
        questions.resolvers, timeout=questions.timeout, tries=questions.tries, until=began + questions.deadline, on_ask=on_ask,
    )  # fmt: skip
    finder = ZoneFinder(asker, questions.servers, questions.port)
    follower = _Follower(asker, finder)
    lookups = await asyncio.gather(*(follower.lookup(name) for name in names))
    certificates: tuple[Certificate, ...] | None = None
    if questions.certificates and trust is not None:
        wanted = [
            (shown(each.name), address) for each in lookups for address in questions.at or each.addresses()
        ]
        certificates = tuple(
            await ask_for_certificates(
                wanted, questions.https_port, trust, questions.timeout, asker.left, on_ask
            )
        )
    return Survey(tuple(lookups), finder.zones, when, time.monotonic() - began, certificates)


class _Follower:
    """Goes from a name to where its addresses are."""

    def __init__(self, asker: Asker, finder: ZoneFinder) -> None:
        self._asker, self._finder = asker, finder
        self._owners: dict[dns.name.Name, asyncio.Future[Owner]] = {}

    async def lookup(self, name: dns.name.Name) -> Lookup:
        chain: dict[dns.name.Name, Owner] = {}
        loop, cut, waiting = None, False, [(name, 0)]
        while waiting:
            at, depth = waiting.pop(0)
            if at in chain:
                continue
            if depth > LONGEST_CHAIN:
                cut = True
                break
            chain[at] = await self._owner(at, asked=at == name)
            for target in chain[at].targets():
                if target in chain and _leads(chain, target, at):
                    loop = at
                else:
                    waiting.append((target, depth + 1))
        found = Lookup(name, tuple(chain.values()), loop, cut)
        if found.chain[0].zone is None:
            return found
        caa, trouble = await relevant_caa(self._asker, found)
        return replace(found, caa=caa, caa_trouble=trouble)

    async def _owner(self, name: dns.name.Name, *, asked: bool) -> Owner:
        if name not in self._owners:
            self._owners[name] = asyncio.ensure_future(self._ask(name, asked=asked))
        return await self._owners[name]

    async def _ask(self, name: dns.name.Name, *, asked: bool) -> Owner:
        zone, why = await self._finder.zone_of(name, asked=asked)
        if zone is None:
            return Owner(name, None, trouble=why)
        a, aaaa = await asyncio.gather(
            self._asker.all(zone.servers, name, dns.rdatatype.A),
            self._asker.all(zone.servers, name, dns.rdatatype.AAAA),
        )
        return Owner(name, zone, a, aaaa)


def _leads(chain: dict[dns.name.Name, Owner], start: dns.name.Name, goal: dns.name.Name) -> bool:
    """Whether aliases lead from one name of the chain to another."""
    seen, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        if at == goal:
            return True
        if at in chain and at not in seen:
            seen.add(at)
            waiting += chain[at].targets()
    return False
