"""What was seen: replies of servers, zones, the chain that a name leads through, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

__all__ = ["CaaSet", "Certificate", "Lookup", "Owner", "Replies", "Reply", "Server", "Survey", "Zone"]

Kind = dns.rdatatype.RdataType


@dataclass(frozen=True, order=True, slots=True)
class Server:
    """A name server at one of its addresses. `host` is its name, empty for one that is known by address alone."""

    host: str
    address: str
    port: int

    def __str__(self) -> str:
        where = f"[{self.address}]" if ":" in self.address and self.port != 53 else self.address
        where = where if self.port == 53 else f"{where}:{self.port}"
        return f"{self.host} ({where})" if self.host else where


@dataclass(frozen=True)
class Reply:
    """What a server answered to one question, or why there is no answer (`trouble`). `unasked`: it could not be asked from
    here, which says nothing of the server. `partial`: it has an answer, and fails to hand it over."""

    server: Server
    message: dns.message.Message | None = None
    trouble: str = ""
    unasked: bool = False
    tcp: bool = False
    partial: bool = False

    @property
    def rcode(self) -> str:
        return dns.rcode.to_text(self.message.rcode()) if self.message is not None else ""

    @property
    def authoritative(self) -> bool:
        """An answer of the server's own data: whoever answers from a cache says how long is left of a TTL, not what it is."""
        return (
            self.message is not None
            and bool(self.message.flags & dns.flags.AA)
            and self.message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        )

    def rrset(self, name: dns.name.Name, kind: Kind) -> dns.rrset.RRset | None:
        """The records of that name itself in the answer; None where there are none."""
        if self.message is None:
            return None
        return self.message.get_rrset(self.message.answer, name, dns.rdataclass.IN, kind)

    def values(self, name: dns.name.Name, kind: Kind) -> frozenset[str]:
        """Those records as text."""
        found = self.rrset(name, kind)
        return frozenset(each.to_text() for each in found) if found is not None else frozenset()

    def referral(self, above: dns.name.Name, name: dns.name.Name) -> dns.rrset.RRset | None:
        """The name servers of a zone below `above` that has `name`, where the reply only points there."""
        if self.message is None or self.message.rcode() != dns.rcode.NOERROR or self.message.answer:
            return None
        for rrset in self.message.authority:
            below = rrset.name != above and rrset.name.is_subdomain(above)
            if rrset.rdtype == dns.rdatatype.NS and below and name.is_subdomain(rrset.name):
                return rrset
        return None


Replies = Mapping[Server, Reply]


@dataclass(frozen=True)
class Zone:
    """A zone and what its servers say of it.

    `delegated` are the servers' names at the zone above; None where that was not asked for. `lost` are names of servers
    that have no address. `ds`: the zone above vouches for its keys; None where that is not known. `given`: the caller said
    which servers to ask.
    """

    name: dns.name.Name
    servers: tuple[Server, ...]
    soa: Replies = field(default_factory=dict)
    ns: Replies = field(default_factory=dict)
    keys: Replies = field(default_factory=dict)
    delegated: frozenset[str] | None = None
    parent: dns.name.Name | None = None
    lost: tuple[str, ...] = ()
    ds: dns.rrset.RRset | None = None
    ds_known: bool = False
    given: bool = False

    def start(self, server: Server) -> dns.rrset.RRset | None:
        """The zone's SOA at a server, if that is an authority on it."""
        reply = self.soa.get(server)
        return reply.rrset(self.name, dns.rdatatype.SOA) if reply and reply.authoritative else None

    def authorities(self) -> list[Server]:
        """The servers that answer for the zone."""
        return [server for server in self.servers if self.start(server) is not None]

    def failing(self) -> list[Server]:
        """Those that do not; one that could not be asked from here counts only if it has no other address that answers."""
        hosts = {server.host for server in self.authorities()}
        return [
            server
            for server in self.servers
            if self.start(server) is None
            and not (self.soa[server].unasked and server.host and server.host in hosts)
        ]

    def negative_ttl(self) -> int | None:
        """For how many seconds a cache may remember that something is not there (RFC 2308): the longest at any server."""
        found = [min(soa.ttl, soa[0].minimum) for each in self.servers if (soa := self.start(each))]
        return max(found, default=None)


@dataclass(frozen=True)
class Owner:
    """One name of a chain: where it is, and what each server of that zone says."""

    name: dns.name.Name
    zone: Zone | None
    a: Replies = field(default_factory=dict)
    aaaa: Replies = field(default_factory=dict)
    trouble: str = ""

    def replies(self, kind: Kind) -> Replies:
        return self.aaaa if kind == dns.rdatatype.AAAA else self.a

    def records(self, kind: Kind) -> dict[Server, dns.rrset.RRset]:
        """Its records of a kind by server, authorities alone. A CNAME is in the answer to any question."""
        found: dict[Server, dns.rrset.RRset] = {}
        for server, reply in self.replies(kind).items():
            rrset = reply.rrset(self.name, kind) if reply.authoritative else None
            if rrset is not None:
                found[server] = rrset
        return found

    def values(self, kind: Kind) -> frozenset[str]:
        """All values at any server."""
        return frozenset(each.to_text() for rrset in self.records(kind).values() for each in rrset)

    def authorities(self) -> list[Server]:
        """Servers that answered with authority."""
        return [server for server, reply in self.a.items() if reply.authoritative]

    def ttls(self) -> list[int]:
        """The TTLs of its addresses and aliases at all servers, in seconds."""
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CNAME)
        return [rrset.ttl for kind in kinds for rrset in self.records(kind).values()]

    def targets(self) -> list[dns.name.Name]:
        """Where it is an alias for: one name, or several where servers differ."""
        found = {each.target for rrset in self.records(dns.rdatatype.CNAME).values() for each in rrset}
        return sorted(found)

    def missing_at(self) -> list[Server]:
        """The servers that say that there is no such name."""
        return [
            server
            for server, reply in self.a.items()
            if reply.authoritative
            and reply.rcode == "NXDOMAIN"
            and server not in self.records(dns.rdatatype.CNAME)
        ]


@dataclass(frozen=True)
class CaaSet:
    """The records that count for a name, at `owner`; none anywhere: any authority may issue."""

    owner: dns.name.Name | None = None
    records: frozenset[str] = frozenset()
    issuers: tuple[str, ...] = ()
    restricts: bool = False
    unknown: tuple[str, ...] = ()

    def permits(self, issuer: str) -> bool:
        """Whether that authority may issue for a name that is no wildcard."""
        return not self.unknown and (not self.restricts or issuer in self.issuers)


@dataclass(frozen=True)
class Lookup:
    """A name that was asked about, and every name that it leads through, itself first. `loop`: the alias that leads back;
    `cut`: there were more aliases than anybody follows. `caa`: what each server says that counts for it."""

    name: dns.name.Name
    chain: tuple[Owner, ...]
    loop: dns.name.Name | None = None
    cut: bool = False
    caa: tuple[tuple[str, CaaSet], ...] = ()
    caa_trouble: str = ""

    @property
    def ends(self) -> list[Owner]:
        """Where the addresses are."""
        return [owner for owner in self.chain if not owner.targets()]

    def addresses(self, kind: Kind | None = None) -> list[str]:
        """All addresses at any server, IPv4 first."""
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA) if kind is None else (kind,)
        return [
            each for one in kinds for each in sorted({v for owner in self.ends for v in owner.values(one)})
        ]

    def zones(self) -> Iterator[Zone]:
        yield from (owner.zone for owner in self.chain if owner.zone is not None)


@dataclass(frozen=True)
class Certificate:
    """What a server showed for `name` at `address`: a valid certificate unless `trouble` says what is wrong with it; `silent` is
    why there was none. `names` are those it is for, `until` is when it expires."""

    name: str
    address: str
    until: datetime | None = None
    names: tuple[str, ...] = ()
    issuer: str = ""
    trouble: tuple[str, ...] = ()
    silent: str = ""
    unasked: bool = False


@dataclass(frozen=True)
class Survey:
    """All that was seen, at `when` (UTC). `certificates` is None where nobody was asked for one."""

    lookups: tuple[Lookup, ...]
    zones: Mapping[dns.name.Name, Zone]
    when: datetime
    seconds: float
    certificates: tuple[Certificate, ...] | None = None

    def owners(self) -> dict[dns.name.Name, Owner]:
        """Every name of every chain once."""
        return {owner.name: owner for lookup in self.lookups for owner in lookup.chain}

    def asked_zones(self) -> list[Zone]:
        """The zones that the chains lead through, each once."""
        found = {zone.name: zone for lookup in self.lookups for zone in lookup.zones()}
        return list(found.values())
