"""The runbook of a cut-over, as Markdown: each step with real values, and what is not known at its end."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.dns.names import shown
from devkit.dns.plan.cutover import Act, Change, Cutover
from devkit.dns.plan.steps import WHEN, Circumstances, in_words, steps

__all__ = ["render_runbook"]


def render_runbook(plan: Cutover, around: Circumstances) -> str:
    """The whole of it."""
    lines = [*_head(plan), *_what(plan), *_how_long(plan), *steps(plan, around), *_not_known(plan)]
    return "\n".join(lines).rstrip() + "\n"


def _head(plan: Cutover) -> Iterator[str]:
    names = plan.names()
    servers = {server for zone in plan.survey.asked_zones() for server in zone.authorities()}
    yield f"# Cut-over of {_count(len(names), 'name')} to {' and '.join(plan.to)}"
    yield ""
    yield (
        f"Written by `./devkit dns plan` on {plan.survey.when:{WHEN}}, from what {_count(len(servers), 'name server')} said then. Write it"
        " again on the day: records and TTLs may have changed."
    )
    yield ""


def _what(plan: Cutover) -> Iterator[str]:
    yield "## What changes"
    yield ""
    yield "| record | now | TTL | becomes | names that lead there |"
    yield "| --- | --- | --- | --- | --- |"
    for change in plan.changes:
        becomes = {
            Act.NONE: "the same, nothing to do", Act.DELETE: "**deleted**",
        }.get(change.act, f"**{', '.join(change.becomes)}**")  # fmt: skip
        names = ", ".join(shown(name) for name in change.names if name != change.owner) or "itself"
        yield f"| `{shown(change.owner)}` {change.kind} | {', '.join(change.now) or 'none'} | {_ttls(change)} | {becomes} | {names} |"
    yield ""
    for change in plan.changes:
        if change.kind == "CNAME":
            target = ", ".join(change.now)
            yield f"`{shown(change.owner)}` is an alias for {target}, which is not these names' own: the addresses take the alias's place."
            yield ""
        if change.kind == "AAAA" and change.act is Act.DELETE:
            yield f"`{shown(change.owner)}` has an AAAA record, and there is no `--to-aaaa`: left as it is, clients with IPv6 would stay at the old address."
            yield ""


def _ttls(change: Change) -> str:
    """One number where all servers say the same, else each server's."""
    found = {ttl for _, ttl in change.ttls}
    if not found:
        return "-"
    if len(found) == 1 and len(change.ttls) == len(change.servers):
        number = len(change.servers)
        where = "" if number == 1 else " at both servers" if number == 2 else f" at all {number} servers"
        return f"{found.pop()} s{where}"
    return ", ".join(f"{ttl} s at {server}" for server, ttl in sorted(change.ttls))


def _how_long(plan: Cutover) -> Iterator[str]:
    yield "## How long old answers last"
    yield ""
    yield "| who keeps them | how long |"
    yield "| --- | --- |"
    yield f"| caches that keep to the TTL | now {in_words(plan.longest)} (`{plan.at}` has the longest); {in_words(plan.ttl)} once step 1 is done |"
    yield f"| caches that were told that a name or an AAAA record is not there | {in_words(plan.negative)} (SOA) |"
    yield f"| a name server that missed the notice of a change | up to {in_words(plan.refresh)} (SOA refresh), then the TTL on top |"
    yield (
        "| resolvers whose operator set a lower limit | as long as that, whatever the TTL is (Unbound `cache-min-ttl`, dnsmasq"
        " `min-cache-ttl`, PowerDNS `minimum-ttl-override`) |"
    )
    yield (
        "| resolvers that serve stale answers (RFC 8767) | while they reach no name server of the zone; the RFC suggests to stop after one to"
        " three days |"
    )
    yield "| browsers, programs and senders of webhooks | as long as a connection stays open; some ask the DNS once, when they start |"
    yield ""
    yield "Nobody can see all of these from outside. What ends the wait is the old machine's access log (step 6), not a number."
    yield ""


def _not_known(plan: Cutover) -> Iterator[str]:
    yield "## What could not be found out"
    yield ""
    for each in plan.unknown:
        yield f"- {each}"
    yield "- whether a TTL was higher until lately: servers say what it is, not what it was"
    yield "- which resolvers have lower limits or serve stale answers, and which clients ask only once"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
