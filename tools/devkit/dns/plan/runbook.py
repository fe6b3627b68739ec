"""The runbook of a cut-over, as Markdown: each step with real values, and what is not known at its end."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from devkit.dns.model import CaaSet
from devkit.dns.names import shown
from devkit.dns.plan.cutover import Act, Change, Cutover

__all__ = ["render_runbook"]

_WHEN = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class Circumstances:
    """`issuer` is the authority in use, `variable` the one that has the address now (empty: none), `arguments` what to type
    behind `dns audit` to ask about the same names in the same way."""

    issuer: str
    https_port: int
    variable: str
    arguments: tuple[str, ...]

    @property
    def audit(self) -> str:
        return shlex.join(("./devkit", "dns", "audit", *self.arguments))


def render_runbook(plan: Cutover, around: Circumstances) -> str:
    """The whole of it."""
    lines = [*_head(plan), *_what(plan), *_how_long(plan), *_steps(plan, around), *_not_known(plan)]
    return "\n".join(lines).rstrip() + "\n"


def _head(plan: Cutover) -> Iterator[str]:
    names = plan.names()
    servers = {server for zone in plan.survey.asked_zones() for server in zone.authorities()}
    yield f"# Cut-over of {_count(len(names), 'name')} to {' and '.join(plan.to)}"
    yield ""
    yield (
        f"Written by `./devkit dns plan` on {plan.survey.when:{_WHEN}}, from what {_count(len(servers), 'name server')} said then. Write it"
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
            yield f"`{shown(change.owner)}` is an alias for a name of another zone, which cannot be changed here: the addresses take the alias's place."
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
    yield f"| caches that keep to the TTL | now {_seconds(plan.longest)} (`{plan.at}` has the longest); {_seconds(plan.ttl)} once step 1 is done |"
    yield f"| caches that were told that a name or an AAAA record is not there | {_seconds(plan.negative)} (SOA) |"
    yield f"| a name server that missed the notice of a change | up to {_seconds(plan.refresh)} (SOA refresh), then the TTL on top |"
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


def _steps(plan: Cutover, around: Circumstances) -> Iterator[str]:
    yield "## Steps"
    yield ""
    yield from _lower(plan, around)
    yield from _prepare(plan, around.https_port)
    yield from _authority(plan, around.issuer)
    yield from _change(plan)
    yield from _watch(plan, around)
    yield from _keep(plan, around.variable)
    yield from _back(plan, around)


def _lower(plan: Cutover, around: Circumstances) -> Iterator[str]:
    yield "### 1. Lower the TTLs"
    yield ""
    if plan.lowered:
        yield f"**Done**: every server gives every record a TTL of at most {plan.ttl} s."
        yield ""
        yield "If that was set only lately, wait for as long as the TTL was before: caches that asked until then keep the old one."
    else:
        holds = plan.survey.when + timedelta(seconds=plan.longest)
        yield f"- [ ] Set the TTL of these records to {plan.ttl} s; change nothing else:"
        for owner in plan.survey.owners().values():
            if (longest := max(owner.ttls(), default=0)) > plan.ttl:
                yield f"  - `{shown(owner.name)}`, now {longest} s"
        yield f"- [ ] Wait until all servers say so: `{around.audit} --only dns.ttl`"
        yield (
            f"- [ ] Wait {_seconds(plan.longest)} more, the longest TTL until now. Lowered at once, the low TTL holds everywhere from"
            f" **{holds:{_WHEN}}** on; lowered later, as much later."
        )
    yield ""


def _prepare(plan: Cutover, https_port: int) -> Iterator[str]:
    yield "### 2. Prepare the new address"
    yield ""
    yield (
        "From the change until the last old answer is gone, both addresses get requests. Both must work on the same data, and the old one"
        " must stay able to."
    )
    yield ""
    yield (
        "A certificate must be there before the change. A challenge over HTTP or TLS-ALPN reaches the old address until then: get it by a DNS"
        " challenge, or copy the old one. This asks the new address by each name:"
    )
    yield ""
    yield "```sh"
    for name in plan.names():
        for address in plan.to:
            shown_address = f"[{address}]" if ":" in address else address
            port = "" if https_port == 443 else f":{https_port}"
            resolve = shlex.quote(f"{name}:{https_port}:{shown_address}")
            yield f"curl -sS -o /dev/null -w '%{{http_code}}\\n' --resolve {resolve} https://{name}{port}/"
    yield "```"
    yield ""
    if plan.survey.certificates:
        yield "| name | new address | its certificate when this was written |"
        yield "| --- | --- | --- |"
        for each in plan.survey.certificates:
            seen = (
                each.silent
                or "; ".join(each.trouble)
                or (f"valid until {each.until:%Y-%m-%d}" if each.until else "valid")
            )
            yield f"| {each.name} | {each.address} | {seen} |"
        yield ""


def _authority(plan: Cutover, issuer: str) -> Iterator[str]:
    yield "### 3. See who may issue certificates (CAA)"
    yield ""
    found: dict[CaaSet, list[str]] = {}
    for lookup in plan.survey.lookups:
        for each in {each for _, each in lookup.caa} or {CaaSet()}:
            found.setdefault(each, []).append(shown(lookup.name))
    for each, names in found.items():
        who = f"{', '.join(names)}: "
        if each.owner is None:
            yield f"- {who}no CAA record counts, any authority may issue."
        elif each.permits(issuer):
            yield f"- {who}the records of `{shown(each.owner)}` allow {issuer}."
        else:
            yield f'- [ ] {who}the records of `{shown(each.owner)}` do **not** allow {issuer}. Add `{shown(each.owner)} CAA 0 issue "{issuer}"` first.'
    yield ""
    yield "Another authority at the new address needs a record of its own, where there are any."
    yield ""


def _change(plan: Cutover) -> Iterator[str]:
    yield "### 4. Change the records"
    yield ""
    if not any(change.act is not Act.NONE for change in plan.changes):
        yield "**Done**: every server says so already."
        yield ""
        return
    for change in plan.changes:
        record = f"`{shown(change.owner)}`"
        if change.act is Act.DELETE:
            yield f"- [ ] delete: {record} {change.kind} {', '.join(change.now)}"
        elif change.act is not Act.NONE:
            yield f"- [ ] {change.act.value}: {record} {plan.ttl} {change.kind} {', '.join(change.becomes)}"
    yield "- [ ] note the time: ____-__-__ __:__ UTC"
    yield ""
    for zone in plan.survey.asked_zones():
        if zone.ds:
            yield f"`{shown(zone.name)}` is signed (DNSSEC). Changing records there is safe, the provider signs them; moving the zone to other name servers is not, and is no part of this."
            yield ""
    yield "The name servers stay as they are."
    yield ""


def _watch(plan: Cutover, around: Circumstances) -> Iterator[str]:
    yield "### 5. Watch"
    yield ""
    yield "- [ ] All name servers have it, and the certificate at the new address is valid, when this exits 0:"
    yield ""
    yield "```sh"
    yield f"{around.audit} {' '.join(f'--expect {address}' for address in plan.to)}"
    yield "```"
    yield ""
    yield f"- [ ] {_seconds(plan.remembered)} later the caches that keep to the TTL have it. Look at the new machine's access log: requests arrive."
    yield ""


def _keep(plan: Cutover, variable: str) -> Iterator[str]:
    yield "### 6. Keep the old address running"
    yield ""
    yield f"- [ ] for at least {_seconds(plan.remembered)} after step 5, and three days where stale answers matter;"
    yield "- [ ] until its access log shows nobody but scanners for a whole day: senders of webhooks that asked the DNS long ago come here;"
    yield "- [ ] then end its connections (stop the proxy first), and only after another quiet day delete the machine."
    if variable:
        yield f"- [ ] set `{variable}` to the new address: `./devkit dns audit` compares with it."
    yield ""


def _back(plan: Cutover, around: Circumstances) -> Iterator[str]:
    yield "### 7. The way back"
    yield ""
    yield f"As long as the old machine runs: put the records back as they were, and wait {_seconds(plan.remembered)}, as in step 5."
    yield ""
    for change in plan.changes:
        if change.act is Act.ADD:
            yield f"- `{shown(change.owner)}` {change.kind}: delete it"
        elif change.act is not Act.NONE:
            yield f"- `{shown(change.owner)}` {plan.ttl} {change.kind} {', '.join(change.now)}"
    yield ""
    old = sorted(
        {value for change in plan.changes if change.kind != "CNAME" for value in change.now} - set(plan.to)
    )
    if old:
        expected = " ".join(f"--expect {each}" for each in old)
        yield f"`{around.audit} {expected} --only dns.address` exits 0 when all name servers are back."
        yield ""


def _not_known(plan: Cutover) -> Iterator[str]:
    yield "## What could not be found out"
    yield ""
    for each in plan.unknown:
        yield f"- {each}"
    yield "- whether a TTL was higher until lately: servers say what it is, not what it was"
    yield "- which resolvers have lower limits or serve stale answers, and which clients ask only once"


def _seconds(number: int) -> str:
    """`60 s`, `1 h (3600 s)`: what is longer than two minutes also in words."""
    if number <= 120:
        return f"{number} s"
    days, rest = divmod(number, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    return f"{' '.join(f'{count} {unit}' for count, unit in parts if count)} ({number} s)"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
