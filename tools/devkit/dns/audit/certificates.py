"""Certificates: who may issue them, and whether those that are shown are valid, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.checks import Problem, Skipped
from devkit.dns.audit.rule import Audit, found, listed, more_time, rule
from devkit.dns.model import CaaSet
from devkit.dns.names import shown
from devkit.findings.model import Severity

__all__ = ["RULES"]


def _permitted(audit: Audit) -> str:
    sets = {each for lookup in audit.survey.lookups for _, each in lookup.caa}
    owners = sorted({shown(each.owner) for each in sets if each.owner is not None})
    return f"CAA at {listed(owners)}" if owners else "no CAA records: any authority may issue"


@rule("caa", "the authority that issues the certificates may do so", seen=_permitted)
def caa(audit: Audit) -> Iterator[Problem]:
    issuer = audit.demands.issuer
    refused: dict[tuple[CaaSet, str], list[str]] = {}
    for lookup in audit.survey.lookups:
        if lookup.caa_trouble and lookup.loop is None and lookup.chain[0].authorities():
            message = f"{lookup.caa_trouble}: an authority that gets no answer does not issue"
            yield found(shown(lookup.name), message, "repair its name servers", Severity.WARNING)
        for each in dict.fromkeys(each for _, each in lookup.caa if not each.permits(issuer)):
            servers = [server for server, other in lookup.caa if other == each]
            where = "" if len(servers) == len(lookup.caa) else f" at {listed(servers)}"
            refused.setdefault((each, where), []).append(shown(lookup.name))
    for (each, where), names in refused.items():
        owner = shown(each.owner) if each.owner is not None else names[0]
        if each.unknown:
            message = f"its CAA records{where} have {listed(each.unknown)}, critical and unknown: no authority may issue for {listed(names)}"
            yield found(owner, message, "delete that record")
        else:
            message = f"its CAA records{where} allow {listed(each.issuers) or 'nobody'}, not {issuer}, to issue for {listed(names)}"
            yield found(
                owner,
                message,
                f'add to {owner}: CAA 0 issue "{issuer}"; or name the authority in use: --issuer NAME',
            )


def _valid(audit: Audit) -> str:
    ends = [each.until for each in audit.survey.certificates or () if each.until]
    return f"{len(ends)} valid, the first expires on {min(ends):%Y-%m-%d}" if ends else "nobody showed one"


@rule("certificate", "every address shows a valid certificate for the name, for long enough", seen=_valid)
def certificate(audit: Audit) -> Iterator[Problem]:
    if audit.survey.certificates is None:
        raise Skipped("not asked for")
    for each in audit.survey.certificates:
        place = f"{each.name} at {each.address}"
        if each.unasked:
            fix = "ask from a machine that has IPv6"
            yield found(place, f"its certificate is not known: {each.silent}", fix, Severity.NOTE)
        elif each.silent:
            fix = more_time(each.silent, "start what answers there, and open its port for HTTPS")
            yield found(place, f"no certificate: {each.silent}", fix)
        elif each.trouble:
            message = f"its certificate is refused: {'; '.join(each.trouble)}"
            yield found(
                place,
                message,
                "look why the proxy there did not get one: its log says so, and `dns.caa` who may issue",
            )
        elif each.until is not None and each.until - audit.survey.when < audit.demands.soon:
            days = max(0, (each.until - audit.survey.when).days)
            message = f"its certificate expires in {days} day{'s' * (days != 1)} ({each.until:%Y-%m-%d}): it was not renewed in time"
            yield found(
                place, message, "look why it was not renewed, in the log of the proxy there", Severity.WARNING
            )


RULES = (caa, certificate)
