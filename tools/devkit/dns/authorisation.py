"""Who may issue certificates for a name (CAA, RFC 8659): the records of the nearest name, up to the top, that has any."""

from __future__ import annotations

import dns.name
import dns.rdatatype
import dns.rrset

from devkit.dns.ask import Asker
from devkit.dns.model import CaaSet, Lookup, Reply
from devkit.dns.names import shown

__all__ = ["read_caa", "relevant_caa"]

_CAA = dns.rdatatype.CAA
_KNOWN = (b"issue", b"issuewild", b"iodef", b"contactemail", b"contactphone", b"issuemail", b"issuevmc")


def read_caa(rrset: dns.rrset.RRset) -> CaaSet:
    """What a set of records says."""
    issue = [each.value.decode("latin-1") for each in rrset if each.tag.lower() == b"issue"]
    issuers = [value.partition(";")[0].strip().lower() for value in issue]
    unknown = [each.tag.decode("latin-1") for each in rrset if each.flags & 128 and each.tag.lower() not in _KNOWN]
    return CaaSet(
        rrset.name, frozenset(each.to_text() for each in rrset), tuple(filter(None, issuers)), bool(issue), tuple(unknown)
    )


async def relevant_caa(asker: Asker, lookup: Lookup) -> tuple[tuple[tuple[str, CaaSet], ...], str]:
    """The sets that count for a name, each with the server that says so, and why nothing is known if nothing is."""
    at = lookup.name
    while at != dns.name.root:
        replies = await _replies(asker, at, lookup)
        if not replies:
            return (), f"no server answers the question for CAA of {shown(at)}"
        found = [
            (str(reply.server), read_caa(rrset))
            for reply in replies
            if reply.message is not None
            for rrset in reply.message.answer
            if rrset.rdtype == _CAA
        ]
        if found:
            return tuple(found), ""
        at = at.parent()
    return (), ""


async def _replies(asker: Asker, at: dns.name.Name, lookup: Lookup) -> list[Reply]:
    """Answers on a name: from all servers of its zone if that is one of the chain's, else from a resolver, as an issuer gets
    them; also where it is an alias for what other servers know."""
    zones = [zone for zone in lookup.zones() if at.is_subdomain(zone.name)]
    if zones:
        zone = max(zones, key=lambda each: len(each.name.labels))
        replies = [each for each in (await asker.all(zone.servers, at, _CAA)).values() if each.authoritative]
        if not any(each.rrset(at, dns.rdatatype.CNAME) for each in replies):
            return replies
    reply = await asker.resolve(at, _CAA)
    return [reply] if reply.rcode in ("NOERROR", "NXDOMAIN") else []
