"""What is to change so that names lead to another address, and for how long caches may keep what there is now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import dns.name
import dns.rdatatype

from devkit.dns.model import Lookup, Owner, Server, Survey, Zone
from devkit.dns.names import shown

__all__ = ["Act", "Change", "Cutover", "make_cutover"]

_A, _AAAA, _CNAME = dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CNAME
Kind = dns.rdatatype.RdataType


class Act(Enum):
    """What is done to a record."""

    SET = "set"
    ADD = "add"
    DELETE = "delete"
    NONE = "none"


@dataclass(frozen=True)
class Change:
    """The record `kind` of `owner`: what it is now, with its TTL in seconds at each server, and what it becomes (none: it goes).
    `names` are the names that lead there."""

    owner: dns.name.Name
    kind: str
    act: Act
    now: tuple[str, ...]
    becomes: tuple[str, ...]
    ttls: tuple[tuple[Server, int], ...]
    servers: tuple[Server, ...]
    names: tuple[dns.name.Name, ...]

    @property
    def longest(self) -> int:
        return max((ttl for _, ttl in self.ttls), default=0)


@dataclass(frozen=True)
class Cutover:
    """All of it. Durations in seconds; `longest` is the highest TTL of any record on the way to an address now, `at` whose that
    is. `unknown`: what could not be found out."""

    survey: Survey
    to: tuple[str, ...]
    ttl: int
    changes: tuple[Change, ...]
    longest: int
    at: str
    negative: int
    refresh: int
    unknown: tuple[str, ...]

    @property
    def lowered(self) -> bool:
        """Whether every server gives every record a TTL as low as wanted."""
        return self.longest <= self.ttl

    @property
    def silent(self) -> list[str]:
        """The servers whose TTLs are not known."""
        return [str(server) for zone in self.survey.asked_zones() for server in zone.failing()]

    @property
    def remembered(self) -> int:
        """For how long caches that keep to the rules may have an old answer, once the records are changed."""
        added = any(change.act is Act.ADD for change in self.changes)
        return max(min(self.longest, self.ttl) or self.ttl, self.negative if added else 0)

    def names(self) -> list[str]:
        return [shown(lookup.name) for lookup in self.survey.lookups]


def make_cutover(survey: Survey, four: Sequence[str], six: Sequence[str], ttl: int) -> Cutover:
    """The move of all names to the addresses `four` (IPv4) and `six` (IPv6)."""
    zones = {lookup.chain[0].zone.name for lookup in survey.lookups if lookup.chain[0].zone}
    leading: dict[dns.name.Name, list[Lookup]] = {}
    owners = survey.owners()
    for lookup in survey.lookups:
        if (owner := _changed(lookup, zones)) is not None:
            leading.setdefault(owner.name, []).append(lookup)
    changes = [
        change
        for name, lookups in leading.items()
        for change in _changes(owners[name], tuple(each.name for each in lookups), four, six)
    ]
    ttls = sorted((max(owner.ttls(), default=0), shown(owner.name)) for owner in owners.values())
    longest, at = ttls[-1] if ttls else (0, "")
    starts = [soa for zone in survey.asked_zones() for each in zone.servers if (soa := zone.start(each))]
    return Cutover(
        survey, (*four, *six), ttl, tuple(changes), longest, at,
        negative=max((zone.negative_ttl() or 0 for zone in survey.asked_zones()), default=0),
        refresh=max((soa[0].refresh for soa in starts), default=0),
        unknown=tuple(_unknown(survey)),
    )  # fmt: skip


def _changed(lookup: Lookup, zones: set[dns.name.Name]) -> Owner | None:
    """The last name of a chain whose zone is one of the names' own: what it leads to further on is somebody else's."""
    if not lookup.chain[0].authorities():
        return None
    own = [owner for owner in lookup.chain if owner.zone is not None and owner.zone.name in zones]
    return own[-1] if own else None


def _changes(
    owner: Owner, names: tuple[dns.name.Name, ...], four: Sequence[str], six: Sequence[str]
) -> Iterator[Change]:
    def change(kind: Kind, act: Act, becomes: Sequence[str]) -> Change:
        records = owner.records(kind)
        return Change(
            owner.name, kind.name, act, tuple(sorted(owner.values(kind))), tuple(becomes),
            tuple((server, rrset.ttl) for server, rrset in records.items()), tuple(owner.authorities()), names,
        )  # fmt: skip

    if owner.targets():
        yield change(_CNAME, Act.DELETE, ())
    for kind, wanted in ((_A, four), (_AAAA, six)):
        now = owner.values(kind)
        if not wanted and not now:
            continue
        same = now == set(wanted) and len(owner.records(kind)) == len(owner.authorities())
        act = Act.NONE if same else Act.DELETE if not wanted else Act.SET if now else Act.ADD
        yield change(kind, act, wanted)


def _unknown(survey: Survey) -> Iterator[str]:
    for owner in survey.owners().values():
        if owner.zone is None:
            yield f"{shown(owner.name)}: its zone was not found ({owner.trouble}), so nothing is planned for it"
        elif not owner.authorities():
            yield f"{shown(owner.name)}: no server answered with authority, so nothing is planned for it"
    for zone in survey.asked_zones():
        yield from _silent(zone)
    for each in survey.certificates or ():
        if each.silent:
            yield f"the certificate for {each.name} at {each.address}: {each.silent}"


def _silent(zone: Zone) -> Iterator[str]:
    for server in zone.failing():
        reply = zone.soa[server]
        why = reply.trouble or f"no answer with authority ({reply.rcode})"
        yield f"what {server} says of {shown(zone.name)}, and with which TTL: {why}"
    for host in zone.lost:
        yield f"{shown(zone.name)}: the name server {host} has no address"
    if not zone.ds_known:
        yield f"whether {shown(zone.name)} is signed (DNSSEC)"
    if zone.given:
        yield f"{shown(zone.name)}: whether other servers than those named by --server answer for it"
