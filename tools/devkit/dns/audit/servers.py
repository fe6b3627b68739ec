"""The zones and their servers: that each answers, that they are those the zone above names, and that they have the same zone."""

from __future__ import annotations

from collections.abc import Iterator

import dns.dnssec
import dns.exception
import dns.rdatatype

from devkit.checks import Problem
from devkit.dns.audit.rule import Audit, found, listed, more_time, rule
from devkit.dns.model import Owner, Reply, Server, Zone
from devkit.dns.names import shown
from devkit.findings.model import Severity

__all__ = ["RULES"]


def _zones(audit: Audit) -> str:
    zones = audit.survey.asked_zones()
    words = [
        f"{shown(zone.name)} ({len(zone.servers)} server{'s' * (len(zone.servers) != 1)})" for zone in zones
    ]
    return listed(words) or "no zone"


@rule("zone", "the zone of every name, and that zone's servers, can be found", seen=_zones)
def zone(audit: Audit) -> Iterator[Problem]:
    lost: dict[str, list[str]] = {}
    for owner in audit.survey.owners().values():
        if owner.zone is None:
            lost.setdefault(owner.trouble, []).append(shown(owner.name))
    for why, (first, *more) in lost.items():
        others = (
            f", nor are those of {listed(more)}"
            if len(more) > 1
            else f", nor is that of {more[0]}"
            if more
            else ""
        )
        fix = "check the name; where this network's resolver does not know it: --resolver ADDRESS or --server ADDRESS"
        yield found(first, f"its zone was not found{others}: {why}", more_time(why, fix))
    for each in audit.survey.asked_zones():
        if not each.servers:
            yield found(
                shown(each.name),
                "no name server with an address was found",
                "set its NS records where the domain is registered",
            )


@rule("servers", "every name server answers, and is an authority on the zone", seen=_zones)
def servers(audit: Audit) -> Iterator[Problem]:
    for each in audit.survey.asked_zones():
        name = shown(each.name)
        for host in each.lost:
            yield found(
                f"{name} @{host}",
                "this name server has no address",
                "correct its name where the domain is registered, or delete it there",
            )
        bad = each.failing()
        intercepted = len(bad) == len(each.servers) > 1 and all(
            each.soa[server].rcode == "NOERROR" for server in bad
        )
        for server in bad:
            reply = each.soa[server]
            if reply.unasked:
                fix = "ask from a machine that has IPv6"
                yield found(f"{name} @{server}", f"not asked: {reply.trouble}", fix, Severity.NOTE)
            elif reply.message is None:
                fix = "start it, or take it out of the zone's name servers (here and where the domain is registered)"
                yield found(f"{name} @{server}", reply.trouble, more_time(reply.trouble, fix))
            else:
                yield found(f"{name} @{server}", _lame(reply, each), _lame_fix(each, intercepted))


@rule("answers", "a name server that is an authority answers every question about a name")
def answers(audit: Audit) -> Iterator[Problem]:
    for owner in audit.survey.owners().values():
        for server in owner.zone.authorities() if owner.zone is not None else ():
            for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
                if trouble := _unanswered(owner, server, kind):
                    fix = more_time(trouble, "repair it: clients that ask it get no answer, or a wrong one")
                    yield found(f"{shown(owner.name)} @{server}", f"asked for {kind.name}: {trouble}", fix)


def _unanswered(owner: Owner, server: Server, kind: dns.rdatatype.RdataType) -> str:
    """What is wrong with a server's answer; empty where nothing is."""
    reply = owner.replies(kind)[server]
    if reply.unasked:
        return ""
    if reply.message is None:
        return reply.trouble
    if not reply.authoritative:
        return (
            f"it answers {reply.rcode}"
            if reply.rcode != "NOERROR"
            else "it is no authority and points elsewhere"
        )
    if kind == dns.rdatatype.AAAA and reply.rcode == "NXDOMAIN" and server in owner.records(dns.rdatatype.A):
        return "it says that there is no such name (NXDOMAIN), and asked for A it has one"
    return ""


def _lame(reply: Reply, zone: Zone) -> str:
    if reply.rcode != "NOERROR":
        return f"it answers {reply.rcode} for its own zone: it does not serve {shown(zone.name)}"
    if reply.rrset(zone.name, dns.rdatatype.SOA) is not None:
        return "its answer is not its own (no AA): from a cache, so that its TTLs say only what is left; they are not counted"
    return f"it is no authority on {shown(zone.name)}: it points elsewhere or has nothing"


def _lame_fix(zone: Zone, intercepted: bool) -> str:
    if zone.given:
        return "name an authoritative server with --server"
    if intercepted:
        return "something between here and there answers in their place (port 53 is redirected): ask from another network"
    return "load the zone there, or take it out of the zone's name servers (here and where the domain is registered)"


@rule("delegation", "the zone above names the same servers as the zone itself", seen=_zones)
def delegation(audit: Audit) -> Iterator[Problem]:
    for each in audit.survey.asked_zones():
        if each.delegated is None:
            continue
        name, above = shown(each.name), shown(each.parent) if each.parent else "the zone above"
        own: dict[frozenset[str], list[Server]] = {}
        for server in (one for one in each.authorities() if each.ns[one].authoritative):
            named = frozenset(
                value.rstrip(".").lower() for value in each.ns[server].values(each.name, dns.rdatatype.NS)
            )
            own.setdefault(named, []).append(server)
        for named, sources in own.items():
            who = "the zone" if len(own) == 1 else f"the zone at {listed(map(str, sources))}"
            only_above, only_here = sorted(each.delegated - named), sorted(named - each.delegated)
            if only_above:
                message = f"{above} names {listed(only_above)}, and {who} does not"
                yield found(
                    name,
                    message,
                    "add it to the zone's NS records, or take it out where the domain is registered",
                    Severity.WARNING,
                )
            if only_here:
                message = f"{who} names {listed(only_here)}, and {above} does not: nobody who comes from there asks it"
                yield found(
                    name,
                    message,
                    "add it where the domain is registered, or take it out of the zone's NS records",
                    Severity.WARNING,
                )


def _serials(audit: Audit) -> str:
    words = []
    for each in audit.survey.asked_zones():
        serials = {soa[0].serial for server in each.servers if (soa := each.start(server))}
        words.append(f"{shown(each.name)} {listed(map(str, sorted(serials)))}")
    return listed(words)


@rule("serial", "all servers have the same version of the zone", seen=_serials)
def serial(audit: Audit) -> Iterator[Problem]:
    for each in audit.survey.asked_zones():
        serials: dict[int, list[Server]] = {}
        for server in each.authorities():
            if soa := each.start(server):
                serials.setdefault(soa[0].serial, []).append(server)
        if len(serials) > 1:
            words = [
                f"{number} at {listed(map(str, sorted(who)))}" for number, who in sorted(serials.items())
            ]
            fix = "ask again in a minute; if it stays so, the transfer to the other servers is broken"
            yield found(
                shown(each.name),
                f"its servers have different serials: {listed(words)}",
                fix,
                Severity.WARNING,
            )


def _negative(audit: Audit) -> str:
    zones = audit.survey.asked_zones()
    return listed(f"{shown(each.name)} {ttl} s" for each in zones if (ttl := each.negative_ttl()) is not None)


@rule("negative-ttl", "that a name or record is not there is soon forgotten", seen=_negative)
def negative_ttl(audit: Audit) -> Iterator[Problem]:
    limit = audit.demands.negative_ttl
    for each in audit.survey.asked_zones():
        ttl = each.negative_ttl()
        if ttl is not None and ttl > limit:
            message = f"caches remember for {ttl} s that a name or an AAAA record is not there: whoever asks before it is made waits that long"
            fix = f"set the SOA's last number (MINIMUM), or its TTL, to at most {limit}, where your DNS provider lets you"
            yield found(shown(each.name), message, fix, Severity.WARNING)


def _signed(audit: Audit) -> str:
    zones = [each for each in audit.survey.asked_zones() if each.ds_known]
    words = [f"{shown(each.name)} is {'signed' if each.ds else 'not signed'}" for each in zones]
    return listed(words) or "not known whether a zone is signed"


@rule("dnssec", "where the zone above vouches for the zone's keys (DS), the zone has them", seen=_signed)
def dnssec(audit: Audit) -> Iterator[Problem]:
    for each in audit.survey.asked_zones():
        for server, reply in each.keys.items() if each.ds else ():
            if reply.authoritative and not _vouched(each, reply):
                message = "no key of the zone fits the DS records in the zone above: resolvers that validate refuse every answer"
                fix = "set the DS records where the domain is registered to those of your DNS provider, or delete them there"
                yield found(f"{shown(each.name)} @{server}", message, fix)


def _vouched(zone: Zone, reply: Reply) -> bool:
    keys = reply.rrset(zone.name, dns.rdatatype.DNSKEY)
    for ds in zone.ds or ():
        for key in keys or ():
            if dns.dnssec.key_id(key) != ds.key_tag:
                continue
            try:
                made = dns.dnssec.make_ds(zone.name, key, ds.digest_type, policy=dns.dnssec.allow_all_policy)
            except (dns.exception.UnsupportedAlgorithm, dns.exception.DeniedByPolicy):
                return True  # a digest that is not known here
            if made.digest == ds.digest:
                return True
    return False


RULES = (zone, servers, answers, delegation, serial, negative_ttl, dnssec)
