"""The records: that a name leads somewhere, to the right addresses, that servers agree, and that caches soon ask again."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import dns.rdatatype

from devkit.checks import Problem, Skipped
from devkit.dns.audit.rule import Audit, found, listed, rule, whereabouts
from devkit.dns.model import Lookup, Owner, Server
from devkit.dns.names import shown
from devkit.dns.survey import LONGEST_CHAIN
from devkit.findings.model import Severity

__all__ = ["RULES"]

_A, _AAAA, _CNAME = dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CNAME
_PROVIDER = "at your DNS provider"


def _addresses(audit: Audit) -> str:
    found = sorted({each for lookup in audit.survey.lookups for each in lookup.addresses()})
    return listed(found) if len(found) <= 4 else f"{len(found)} addresses"


@rule("resolves", "every name leads to an address, at every server", seen=_addresses)
def resolves(audit: Audit) -> Iterator[Problem]:
    for lookup in audit.survey.lookups:
        owner = lookup.chain[0]
        if owner.zone is None or not owner.authorities():
            continue  # `zone` and `servers` say so
        name = shown(lookup.name)
        missing = owner.missing_at()
        if missing:
            place, where = whereabouts(name, missing, owner.authorities())
            yield found(
                place,
                f"there is no such name (NXDOMAIN){where}",
                f"make an A record for it {_PROVIDER}, or correct the name",
            )
        elif not owner.targets() and not owner.values(_A) and not owner.values(_AAAA):
            yield found(name, "it has no address: neither A nor AAAA", f"make an A record for it {_PROVIDER}")


def _longest(audit: Audit) -> str:
    longest = max((len(lookup.chain) - 1 for lookup in audit.survey.lookups), default=0)
    return f"at most {longest} alias{'es' * (longest != 1)}" if longest else "no aliases"


@rule("chain", "aliases (CNAME) lead to a name that is there, and not in a circle", seen=_longest)
def chain(audit: Audit) -> Iterator[Problem]:
    for lookup in audit.survey.lookups:
        name = shown(lookup.name)
        way = " → ".join(shown(owner.name) for owner in lookup.chain)
        if lookup.loop is not None:
            yield found(
                name,
                f"its aliases lead in a circle: {way} → {_back(lookup)}",
                f"let {shown(lookup.loop)} have addresses, not a CNAME",
            )
        if lookup.cut:
            yield found(
                name,
                f"more than {LONGEST_CHAIN} aliases: {way}; some resolvers give up",
                "let it be an alias for the last name itself",
            )
        for owner in lookup.chain[1:]:
            yield from _dangling(lookup, owner, way)


def _back(lookup: Lookup) -> str:
    last = next(owner for owner in lookup.chain if owner.name == lookup.loop)
    known = {owner.name for owner in lookup.chain}
    return listed(shown(target) for target in last.targets() if target in known)


def _dangling(lookup: Lookup, owner: Owner, way: str) -> Iterator[Problem]:
    if owner.zone is None or not owner.authorities():
        return
    gone, name = owner.missing_at(), shown(lookup.name)
    if not gone and (owner.targets() or owner.values(_A) or owner.values(_AAAA)):
        return
    what = "is not there (NXDOMAIN)" if gone else "has no address"
    where = (
        whereabouts(name, gone, owner.authorities())[1]
        if gone and len(gone) < len(owner.authorities())
        else ""
    )
    by_way = f" ({way})" if len(lookup.chain) > 2 else ""
    message = f"it is an alias for {shown(owner.name)}, which {what}{where}{by_way}"
    fix = f"let it lead to a name that is there; whoever can make {shown(owner.name)} gets its visitors"
    yield found(name, message, fix)


def _ttls(audit: Audit) -> str:
    ttls = [ttl for owner in audit.survey.owners().values() for ttl in owner.ttls()]
    return f"at most {max(ttls)} s" if ttls else "no records"


@rule("ttl", "every server gives every record a TTL that lets a change be seen soon", seen=_ttls)
def ttl(audit: Audit) -> Iterator[Problem]:
    limit = audit.demands.ttl
    asked = {lookup.name for lookup in audit.survey.lookups}
    for owner in audit.survey.owners().values():
        for kind in (_CNAME, _A, _AAAA):
            records = owner.records(kind)
            by_ttl: dict[int, list[Server]] = {}
            for server, rrset in records.items():
                by_ttl.setdefault(rrset.ttl, []).append(server)
            for seconds, servers in sorted(by_ttl.items()):
                if seconds <= limit:
                    continue
                place, where = whereabouts(shown(owner.name), servers, records)
                leads = "" if owner.name in asked else f", to which {_from(audit, owner)},"
                message = f"its {kind.name} record{leads} has a TTL of {seconds} s{where}, more than {limit}"
                fix = f"set it to {limit} {_PROVIDER}; caches that have it now still keep it for up to {seconds} s"
                yield found(place, message, fix)


def _from(audit: Audit, owner: Owner) -> str:
    names = [shown(lookup.name) for lookup in audit.survey.lookups if owner in lookup.chain]
    few = listed(names) if len(names) <= 3 else f"{len(names)} names"
    return f"{few} lead{'s' * (len(names) == 1)}"


@rule("agree", "all servers have the same records", seen=_addresses)
def agree(audit: Audit) -> Iterator[Problem]:
    for owner in audit.survey.owners().values():
        for kind in (_CNAME, _A, _AAAA):
            if kind != _CNAME and owner.targets():
                continue
            answers: dict[frozenset[str], list[Server]] = {}
            for server, reply in owner.replies(kind).items():
                if reply.authoritative:
                    answers.setdefault(reply.values(owner.name, kind), []).append(server)
            if len(answers) > 1:
                words = [
                    f"{listed(sorted(values)) or 'nothing'} at {listed(map(str, sorted(who)))}"
                    for values, who in sorted(answers.items(), key=lambda each: sorted(each[0]))
                ]
                fix = "ask again in a minute; if it stays so, set the record again, and look whether the transfer works"
                yield found(
                    shown(owner.name), f"its servers have different {kind.name} records: {listed(words)}", fix
                )


@rule("address", "names lead to the addresses that they are to lead to", seen=_addresses)
def address(audit: Audit) -> Iterator[Problem]:
    expected = {each for each in audit.demands.expected if ":" not in each}
    if not expected:
        raise Skipped("nothing says which address is right: --expect ADDRESS")
    for lookup in audit.survey.lookups:
        for owner in lookup.ends:
            records = owner.records(_A)
            wrong: dict[frozenset[str], list[Server]] = {}
            for server, rrset in records.items():
                if others := frozenset(each.to_text() for each in rrset) - expected:
                    wrong.setdefault(others, []).append(server)
            for others, servers in wrong.items():
                place, where = whereabouts(shown(lookup.name), servers, records)
                message = f"it leads to {listed(sorted(others))}{where}, not to {listed(sorted(expected))} ({audit.demands.because})"
                record = f"the A record of {shown(owner.name)}"
                yield found(place, message, f"set {record}, or correct what is expected")
        if lookup.addresses() and not lookup.addresses(_A):
            message = (
                f"it has no A record, and is to lead to {listed(sorted(expected))} ({audit.demands.because})"
            )
            yield found(shown(lookup.name), message, f"make an A record for it {_PROVIDER}")


@rule("aaaa", "an IPv6 address leads to the same machine", seen=_addresses)
def aaaa(audit: Audit) -> Iterator[Problem]:
    expected = audit.demands.expected
    wanted = sorted(each for each in expected if ":" in each)
    for lookup in audit.survey.lookups:
        if wanted and lookup.addresses(_A) and not lookup.addresses(_AAAA):
            message = f"it has no AAAA record, and {listed(wanted)} is expected: clients with IPv6 alone do not get there"
            yield found(
                shown(lookup.name), message, f"make an AAAA record for it {_PROVIDER}", Severity.WARNING
            )
        stray = sorted(set(lookup.addresses(_AAAA)) - expected)
        if not stray:
            continue
        known = "which is not expected" if expected else "and nothing here says that this is the same machine"
        message = f"it has an AAAA record, {listed(stray)}, {known}: clients with IPv6 go there first"
        fix = f"delete the AAAA record, or say that it is right: --expect {stray[0]}"
        yield found(shown(lookup.name), message, fix, Severity.WARNING)


@rule("public", "addresses can be reached from everywhere", seen=_addresses)
def public(audit: Audit) -> Iterator[Problem]:
    leading: dict[str, list[str]] = {}
    for lookup in audit.survey.lookups:
        for each in dict.fromkeys(lookup.addresses()):
            if not ipaddress.ip_address(each).is_global and each not in audit.demands.expected:
                leading.setdefault(each, []).append(shown(lookup.name))
    for each, names in leading.items():
        message = f"a private or reserved address: nobody outside its network reaches {listed(names)} there"
        fix = f"set the public address {_PROVIDER}, or say that it is right: --expect {each}"
        yield found(each, message, fix, Severity.WARNING)


RULES = (resolves, chain, ttl, agree, address, aaaa, public)
