"""The steps of the runbook, each with real values."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from devkit.dns.model import CaaSet
from devkit.dns.names import shown
from devkit.dns.plan.cutover import Act, Cutover

__all__ = ["WHEN", "Circumstances", "in_words", "steps"]

WHEN = "%Y-%m-%d %H:%M UTC"


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


def steps(plan: Cutover, around: Circumstances) -> Iterator[str]:
    """Their lines."""
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
        who = "every server that answered" if plan.silent else "every server"
        yield f"**Done**: {who} gives every record a TTL of at most {plan.ttl} s."
        if plan.silent:
            yield ""
            yield f"- [ ] Not known of {', '.join(plan.silent)}: look there."
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
            f"- [ ] Wait {in_words(plan.longest)} more, the longest TTL until now. Lowered at once, the low TTL holds everywhere from"
            f" **{holds:{WHEN}}** on; lowered later, as much later."
        )
    yield ""


def _prepare(plan: Cutover, https_port: int) -> Iterator[str]:
    yield "### 2. Prepare the new address"
    yield ""
    yield (
        "Deploy there, and see that everything is healthy. From the change until the last old answer is gone, both addresses get requests:"
        " both must work on the same data for that long."
    )
    yield ""
    yield (
        "A certificate must be there before the change. A challenge over HTTP or TLS-ALPN reaches the old address until then: get it by a DNS"
        " challenge, or copy the old one. This asks the new address by each name, and must print what the old one answers:"
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
        if lookup.caa_trouble or lookup.chain[0].zone is None:
            yield f"- [ ] {shown(lookup.name)}: not known ({lookup.caa_trouble or 'its zone was not found'}). Look before the change."
            continue
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
    yield "- [ ] All name servers have it, and the certificate at the new address is valid, when this exits 0 and says nothing of `dns.aaaa`:"
    yield ""
    yield "```sh"
    yield f"{around.audit} {' '.join(f'--expect {address}' for address in plan.to)}"
    yield "```"
    yield ""
    yield f"- [ ] {in_words(plan.remembered)} later the caches that keep to the TTL have it. Look at the new machine's access log: requests arrive."
    yield ""


def _keep(plan: Cutover, variable: str) -> Iterator[str]:
    yield "### 6. Keep the old address running"
    yield ""
    yield f"- [ ] for at least {in_words(plan.remembered)} after step 5, and three days where stale answers matter;"
    yield "- [ ] until its access log shows nobody but scanners for a whole day: senders of webhooks that asked the DNS long ago come here;"
    yield "- [ ] then end its connections (stop the proxy first), and only after another quiet day delete the machine."
    if variable:
        yield f"- [ ] set `{variable}` to the new address: `./devkit dns audit` compares with it."
    yield ""


def _back(plan: Cutover, around: Circumstances) -> Iterator[str]:
    yield "### 7. The way back"
    yield ""
    yield f"As long as the old machine runs: put the records back as they were, and wait {in_words(plan.remembered)}, as in step 5."
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


def in_words(number: int) -> str:
    """`60 s`, `1 h (3600 s)`: what is longer than two minutes also in words."""
    if number <= 120:
        return f"{number} s"
    days, rest = divmod(number, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    return f"{' '.join(f'{count} {unit}' for count, unit in parts if count)} ({number} s)"
