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
    unknown = [
        each.tag.decode("latin-1") for each in rrset if each.flags & 128 and each.tag.lower() not in _KNOWN
    ]
    return CaaSet(
        rrset.name,
        frozenset(each.to_text() for each in rrset),
        tuple(filter(None, issuers)),
        bool(issue),
        tuple(unknown),
    )


def _set_of(reply: Reply) -> CaaSet:
    """Those in an answer: of the name, or of what it is an alias for."""
    rrsets = reply.message.answer if reply.message is not None else []
    return next((read_caa(rrset) for rrset in rrsets if rrset.rdtype == _CAA), CaaSet())


async def relevant_caa(asker: Asker, lookup: Lookup) -> tuple[tuple[tuple[str, CaaSet], ...], str]:
    """The sets that count for a name, each with the server that says so, and why nothing is known if nothing is."""
    at = lookup.name
    while at != dns.name.root:
        replies = await _replies(asker, at, lookup)
        if not replies:
            return (), f"no server answers the question for CAA of {shown(at)}"
        found = tuple((str(reply.server), _set_of(reply)) for reply in replies)
        if any(each.owner is not None for _, each in found):
            return found, ""
        at = at.parent()
    return (), ""


async def _replies(asker: Asker, at: dns.name.Name, lookup: Lookup) -> list[Reply]:
    """Answers on a name: from all servers of its zone if that is one of the chain's, else from a resolver, as an issuer gets
    them; also where it is an alias for what other servers know."""
    for _ in lookup.chain:
        zones = [zone for zone in lookup.zones() if at.is_subdomain(zone.name)]
        if not zones:
            break
        zone = max(zones, key=lambda each: len(each.name.labels))
        replies = [each for each in (await asker.all(zone.servers, at, _CAA)).values() if each.authoritative]
        aliases = [rrset for each in replies if (rrset := each.rrset(at, dns.rdatatype.CNAME)) is not None]
        if not aliases or any(_set_of(each).owner is not None for each in replies):
            return replies
        at = aliases[0][0].target
    reply = await asker.resolve(at, _CAA)
    return [reply] if reply.rcode in ("NOERROR", "NXDOMAIN") else []
