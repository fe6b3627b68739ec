"""Finds the zone that a name is in, and every server of it: those that the zone above names, and those that it names itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import dns.name
import dns.rdatatype
import dns.rrset

from devkit.dns.ask import Asker
from devkit.dns.model import Reply, Server, Zone
from devkit.dns.names import shown

__all__ = ["ZoneFinder"]

_SOA, _NS, _DS = dns.rdatatype.SOA, dns.rdatatype.NS, dns.rdatatype.DS
# How many servers of the zone above are asked which servers it names: they are somebody else's, and alike.
_ABOVE = 3


class ZoneFinder:
    """Finds zones through a resolver, or through `given` servers for what those are an authority on. Servers that are found
    are asked at `port`."""

    def __init__(self, asker: Asker, given: Sequence[Server], port: int) -> None:
        self._asker, self._given, self._port = asker, tuple(given), port
        self._zones: dict[dns.name.Name, asyncio.Future[Zone]] = {}

    @property
    def zones(self) -> dict[dns.name.Name, Zone]:
        """Those that were found."""
        return {
            name: task.result() for name, task in self._zones.items() if task.done() and not task.cancelled()
        }

    async def zone_of(self, name: dns.name.Name, *, asked: bool) -> tuple[Zone | None, str]:
        """The zone with a name; None with the reason. `asked`: a name that the given servers are to know, not one that an alias
        leads to."""
        if self._given:
            apex = await self._apex_at_given(name)
            if apex is not None:
                return await self._zone(apex, self._given), ""
            if asked:
                guess = await self._apex(name)
                zone = await self._zone(guess[0] or name.parent(), self._given)
                return zone, ""
        apex, why = await self._apex(name)
        if apex is None:
            return None, why
        zone = await self._zone(apex, None)
        return await self._deeper(zone, name), ""

    async def _apex_at_given(self, name: dns.name.Name) -> dns.name.Name | None:
        for server in self._given:
            at = name
            while at != dns.name.root:
                reply = await self._asker.ask(server, at, _SOA)
                if reply.authoritative and (found := _start_of(reply, at)):
                    return found
                if not reply.authoritative:
                    break
                at = at.parent()
        return None

    async def _apex(self, name: dns.name.Name) -> tuple[dns.name.Name | None, str]:
        """By the resolver; names whose zone fails there are found one level up, and entered by its servers' referral."""
        at, why = name, ""
        while at != dns.name.root:
            reply = await self._asker.resolve(at, _SOA)
            if found := _start_of(reply, at):
                return found, ""
            said = reply.trouble or f"it answers {reply.rcode}, and knows no zone above either"
            why = why or f"the resolver {reply.server}: {said}"
            at = at.parent()
        return None, why

    async def _deeper(self, zone: Zone, name: dns.name.Name) -> Zone:
        """The zone further down that the zone's servers point to, where the resolver did not see it."""
        for server in zone.authorities()[:_ABOVE]:
            referral = (await self._asker.ask(server, name, dns.rdatatype.A)).referral(zone.name, name)
            if referral is not None:
                return await self._deeper(await self._zone(referral.name, None), name)
        return zone

    async def _zone(self, name: dns.name.Name, given: Sequence[Server] | None) -> Zone:
        if name not in self._zones:
            self._zones[name] = asyncio.ensure_future(
                self._at_given(name, given) if given is not None else self._found(name)
            )
        return await self._zones[name]

    async def _at_given(self, name: dns.name.Name, given: Sequence[Server]) -> Zone:
        return await self._described(Zone(name, tuple(given), given=True))

    async def _found(self, name: dns.name.Name) -> Zone:
        parent, delegation, ds = await self._above(name)
        delegated = frozenset(_texts(delegation)) if delegation is not None else None
        resolved = (await self._asker.resolve(name, _NS)).rrset(name, _NS)
        hosts = sorted({*(delegated or ()), *_texts(resolved)})
        servers, lost = await self._servers(hosts, parent, name)
        zone = await self._described(
            Zone(
                name, servers, delegated=delegated, parent=parent.name if parent else None, lost=lost,
                ds=ds.rrset(name, _DS) if ds else None, ds_known=ds is not None,
            )
        )  # fmt: skip
        named = {
            host
            for reply in zone.ns.values()
            if reply.authoritative
            for host in _texts(reply.rrset(name, _NS))
        }
        if more := sorted(named - set(hosts)):
            servers, lost = await self._servers(more, parent, name)
            zone = await self._described(replace(zone, servers=zone.servers + servers, lost=zone.lost + lost))
        return zone

    async def _servers(
        self, hosts: Sequence[str], parent: Zone | None, name: dns.name.Name
    ) -> tuple[tuple[Server, ...], tuple[str, ...]]:
        """Every address of the hosts, and the hosts without one."""
        found = await asyncio.gather(*(self._addresses(host) for host in hosts))
        glue = await self._glue(parent, name) if not all(found) else {}
        found = [
            each or [Server(host, address, self._port) for address in dict.fromkeys(glue.get(host, []))]
            for host, each in zip(hosts, found, strict=True)
        ]
        lost = tuple(host for host, each in zip(hosts, found, strict=True) if not each)
        return tuple(server for each in found for server in each), lost

    async def _described(self, zone: Zone) -> Zone:
        soa = await self._asker.all(zone.servers, zone.name, _SOA)
        ns = await self._asker.all(zone.servers, zone.name, _NS)
        keys = await self._asker.all(zone.servers, zone.name, dns.rdatatype.DNSKEY) if zone.ds else {}
        return replace(zone, soa=soa, ns=ns, keys=keys)

    async def _above(self, name: dns.name.Name) -> tuple[Zone | None, dns.rrset.RRset | None, Reply | None]:
        """The zone above, the servers that it names, and its answer on the keys that it vouches for."""
        if (
            name == dns.name.root or len(name.labels) <= 2
        ):  # the root's own list of top-level zones: nobody's here
            return None, None, None
        apex, _ = await self._apex(name.parent())
        if apex is None:
            return None, None, None
        parent = await self._parent(apex)
        for server in parent.servers:
            reply = await self._asker.ask(server, name, _NS)
            delegation = reply.referral(parent.name, name)
            if delegation is not None and delegation.name == name:
                ds = await self._asker.ask(server, name, _DS)
                return parent, delegation, ds if ds.authoritative else None
        return parent, None, None

    async def _parent(self, name: dns.name.Name) -> Zone:
        """Some servers of a zone that is only asked about the one below it."""
        if name in self._zones:
            return await self._zones[name]
        hosts = _texts((await self._asker.resolve(name, _NS)).rrset(name, _NS))
        found = await asyncio.gather(*(self._addresses(host) for host in sorted(hosts)[:_ABOVE]))
        return Zone(name, tuple(server for each in found for server in each))

    async def _glue(self, parent: Zone | None, name: dns.name.Name) -> dict[str, list[str]]:
        """The addresses that the zone above gives along with the servers' names."""
        glue: dict[str, list[str]] = {}
        for server in parent.servers if parent else ():
            reply = await self._asker.ask(server, name, _NS)
            for rrset in reply.message.additional if reply.message else ():
                if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
                    glue.setdefault(shown(rrset.name).lower(), []).extend(each.to_text() for each in rrset)
            if glue:
                break
        return glue

    async def _addresses(self, host: str) -> list[Server]:
        name = dns.name.from_text(host)
        replies = await asyncio.gather(
            self._asker.resolve(name, dns.rdatatype.A), self._asker.resolve(name, dns.rdatatype.AAAA)
        )
        found = [
            each.to_text()
            for reply in replies
            if reply.message is not None
            for rrset in reply.message.answer  # a name server's name should be no alias; where it is, it is followed
            if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
            for each in rrset
        ]
        return [Server(host, address, self._port) for address in dict.fromkeys(found)]


def _start_of(reply: Reply, name: dns.name.Name) -> dns.name.Name | None:
    """The zone of `name` by a reply to a question for its SOA. None where it is an alias: what follows is another zone's."""
    if reply.message is None:
        return None
    if reply.rrset(name, _SOA) is not None:
        return name
    if reply.message.answer:
        return None
    for rrset in reply.message.authority:
        if rrset.rdtype == _SOA and name.is_subdomain(rrset.name):
            return rrset.name
    return None


def _texts(rrset: dns.rrset.RRset | None) -> Iterable[str]:
    """Names of servers, in lower case."""
    return [shown(each.target).lower() for each in rrset] if rrset is not None else []
