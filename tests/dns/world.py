"""A small world of zones below `test.`, one a case: its servers are ns1 and ns2, which may say different things.

`test.` itself is at a third server, and a fourth, which has every zone, stands in for a resolver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import dns.dnssec
import dns.name
import dns.rdata

__all__ = [
    "ADDRESSES",
    "CACHE",
    "CASES",
    "MANY",
    "NOBODY",
    "NS1",
    "NS2",
    "PARENT",
    "RESOLVER",
    "SILENT",
    "Case",
    "zones",
]

NS1, NS2, PARENT, RESOLVER = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"
SILENT, CACHE, NOBODY = "127.0.0.5", "127.0.0.6", "127.0.0.7"
ADDRESSES = {"ns1": NS1, "ns2": NS2, "silent": SILENT, "cache": CACHE, "nobody": NOBODY}
MANY = 120
_A = "www A 127.0.0.1"
_KEY = "DNSKEY 257 3 13 " + "A" * 86 + "=="


def _ds(zone: str) -> str:
    key = dns.rdata.from_text("IN", "DNSKEY", _KEY.partition(" ")[2])
    return str(dns.dnssec.make_ds(dns.name.from_text(zone), key, "SHA256"))


@dataclass(frozen=True)
class Case:
    """A zone: its records at ns1 and, where they differ, at ns2 (`None`: ns2 does not serve it). `delegated` and `own` are the
    names of its servers at `test.` and in itself; `above` are more records of `test.`."""

    records: Sequence[str] = (_A,)
    second: Sequence[str] | None = ()
    delegated: Sequence[str] = ("ns1", "ns2")
    own: Sequence[str] = ("ns1", "ns2")
    serials: tuple[int, int] = (7, 7)
    minimum: int = 60
    above: Sequence[str] = field(default=())


CASES: dict[str, Case] = {
    "good": Case((_A, "api A 127.0.0.1", "alias CNAME www")),
    "ttl-one": Case((_A,), ("www 3600 A 127.0.0.1",)),
    "ttl-all": Case(("www 3600 A 127.0.0.1",)),
    "ttl-middle": Case(("www CNAME one.ttl-end", "two A 127.0.0.1")),
    "ttl-end": Case(("one 900 CNAME two.ttl-middle",)),
    "differ": Case((_A,), ("www A 127.0.0.99",)),
    "serial": Case(serials=(7, 8)),
    "lame": Case(second=None),
    "silent": Case(delegated=("ns1", "silent"), own=("ns1", "silent")),
    "nobody": Case(delegated=("ns1", "nobody"), own=("ns1", "nobody")),
    "cache": Case(("www 3600 A 127.0.0.1",), delegated=("ns1", "cache"), own=("ns1", "cache")),
    "lost": Case(delegated=("ns1", "ns2", "gone"), own=("ns1", "ns2", "gone")),
    "delegated-more": Case(delegated=("ns1", "ns2"), own=("ns1",)),
    "own-more": Case((_A,), ("www 900 A 127.0.0.1",), delegated=("ns1",)),
    "delegated-less": Case(delegated=("ns1",)),
    "loop": Case(("www CNAME one", "one CNAME two", "two CNAME one")),
    "self": Case(("www CNAME www",)),
    "dangling": Case(("www CNAME gone.good",)),
    "dangling-inside": Case(("www CNAME gone",)),
    "empty-end": Case(("www CNAME text", 'text TXT "no address"')),
    "long": Case(("www CNAME n1", *(f"n{i} CNAME n{i + 1}" for i in range(1, 12)), "n12 A 127.0.0.1")),
    "aaaa": Case((_A, "www AAAA ::1", "six AAAA ::1")),
    "nothing": Case(('www TXT "no address"',)),
    "negative": Case(minimum=1800),
    "caa-forbids": Case((_A, 'www CAA 0 issue "other.example"')),
    "caa-none": Case((_A, 'www CAA 0 issue ";"')),
    "caa-parent": Case((_A, '@ CAA 0 issue "other.example"')),
    "caa-nearest": Case(
        (_A, 'www CAA 0 issue "letsencrypt.org; validationmethods=dns-01"', '@ CAA 0 issue ";"')
    ),
    "caa-alias": Case(("www CNAME www.caa-forbids",)),
    "caa-wildcard": Case((_A, '@ CAA 0 issuewild ";"', '@ CAA 0 iodef "mailto:a@example.test"')),
    "caa-critical": Case((_A, '@ CAA 128 future "x"', '@ CAA 0 issue "letsencrypt.org"')),
    "caa-one": Case((_A,), (_A, 'www CAA 0 issue "other.example"')),
    "many": Case(tuple(f"www A 127.1.0.{i}" for i in range(1, MANY + 1))),
    "bogus": Case(above=(f"DS {_ds('elsewhere.test')}",)),
    "signed": Case((_A, f"@ {_KEY}"), above=(f"DS {_ds('signed.test')}",)),
    "shop": Case(
        ("www A 127.0.0.1", "www AAAA ::1", "api A 127.0.0.1", '@ CAA 0 issue "ca.example"'),
        ("www A 127.0.0.1", "www AAAA ::1", "api 3600 A 127.0.0.1", '@ CAA 0 issue "ca.example"'),
        minimum=1800,
    ),
    "moved": Case(("www 3600 CNAME one.ttl-end", "here CNAME www.good")),
    "bad": Case(delegated=("ns1", "cache"), own=("ns1", "cache"), serials=(1, 1)),
    "dead": Case(second=None, delegated=("nobody",), own=("nobody",)),
    "tls": Case(
        tuple(f"{name} A 127.0.0.1" for name in ("valid", "expired", "other", "selfsigned", "soon", "both"))
    ),
}


def zones() -> dict[str, dict[str, str]]:
    """Every server's zones, by its address."""
    first = {f"{name}.test": _zone(name, case, case.records, 0) for name, case in CASES.items()}
    second = {
        f"{name}.test": _zone(name, case, case.second or case.records, 1)
        for name, case in CASES.items()
        if case.second is not None
    }
    cached = {
        f"{name}.test": _zone(name, case, case.records, 0, case.delegated) for name, case in CASES.items()
    }
    above = _above()
    return {NS1: first, NS2: second, PARENT: {"test": above}, RESOLVER: {"test": above, **cached}}


def _zone(name: str, case: Case, records: Sequence[str], server: int, own: Sequence[str] = ()) -> str:
    """Its text; `own` in place of the servers that it names, as a resolver has them that asks `test.` alone."""
    start = f"@ 60 SOA ns1 host {case.serials[server]} 7200 900 1209600 {case.minimum}"
    lines = [f"$ORIGIN {name}.test.", "$TTL 60", start.replace("@ 60", f"@ {max(60, case.minimum)}")]
    lines += [f"@ 3600 NS {host}" for host in own or case.own]
    lines += [
        f"{host} 3600 A {ADDRESSES[host]}" for host in {*case.own, *case.delegated} if host in ADDRESSES
    ]
    return "\n".join([*lines, *(_inside(each) for each in records), ""])


def _inside(record: str) -> str:
    """A target with a dot in it is in another zone of `test.`."""
    owner, _, rest = record.partition(" ")
    words = rest.split()
    if words[-2:-1] == ["CNAME"] and "." in words[-1]:
        words[-1] += ".test."
        return f"{owner} {' '.join(words)}"
    return record


def _above() -> str:
    lines = [
        "$ORIGIN test.",
        "$TTL 60",
        "@ SOA top host 1 7200 900 1209600 60",
        "@ NS top",
        f"top A {PARENT}",
    ]
    for name, case in CASES.items():
        lines += [f"{name} NS {host}.{name}" for host in case.delegated]
        lines += [f"{host}.{name} A {ADDRESSES[host]}" for host in case.delegated if host in ADDRESSES]
        lines += [f"{name} {record}" for record in case.above]
    return "\n".join([*lines, ""])
