"""Each rule of `devkit dns audit` by a zone that breaks it, at a real name server, and by one that does not."""

from __future__ import annotations

import asyncio
import time

import dns.rdatatype
import pytest
from devkit.dns.ask import TIME_UP, Asker
from devkit.dns.audit.checks import RULES
from devkit.dns.model import Server
from devkit.dns.names import parse_name

from tests.dns.asked import findings, judged, survey
from tests.dns.world import CASES, MANY, NOBODY, NS1, NS2, PARENT, SILENT
from tests.support.polling import PATIENCE

# What is wrong in each world's zone: rule → the words of its one finding, place first. All else is as in a good one.
_NS1, _NS2 = "@ns1.{}.test (127.0.0.1:", "@ns2.{}.test (127.0.0.2:"
WRONG: dict[str, dict[str, tuple[str, ...]]] = {
    "good": {},
    "ttl-one": {"ttl": (f"www.ttl-one.test {_NS2}", "3600 s", "more than 60")},
    "ttl-all": {"ttl": ("www.ttl-all.test: ", "3600 s at both servers")},
    "ttl-middle": {"ttl": ("one.ttl-end.test: ", "CNAME", "www.ttl-middle.test leads", "900 s")},
    "ttl-end": {"resolves": ("www.ttl-end.test: ", "NXDOMAIN")},
    "differ": {
        "agree": ("www.differ.test: ", "127.0.0.1 at ns1.differ.test", "127.0.0.99 at ns2.differ.test")
    },
    "serial": {"serial": ("serial.test: ", "7 at ns1.serial.test", "8 at ns2.serial.test")},
    "lame": {"servers": (f"lame.test {_NS2}", "REFUSED")},
    "nobody": {"servers": ("nobody.test @nobody.nobody.test", "nobody listens there")},
    "cache": {
        "servers": ("cache.test @cache.cache.test", "from a cache"),
        "ttl": ("www.cache.test: ", "3600 s"),
    },
    "lost": {"servers": ("lost.test @gone.lost.test: ", "no address")},
    "delegated-more": {"delegation": ("delegated-more.test: ", "test names ns2.delegated-more.test")},
    "delegated-less": {"delegation": ("delegated-less.test: ", "the zone names ns2.delegated-less.test")},
    "loop": {"chain": ("www.loop.test: ", "www.loop.test → one.loop.test → two.loop.test → one.loop.test")},
    "self": {"chain": ("www.self.test: ", "circle")},
    "dangling": {"chain": ("www.dangling.test: ", "gone.good.test, which is not there (NXDOMAIN)")},
    "dangling-inside": {
        "chain": ("www.dangling-inside.test: ", "gone.dangling-inside.test, which is not there")
    },
    "empty-end": {"chain": ("www.empty-end.test: ", "which has no address")},
    "long": {"chain": ("www.long.test: ", "more than 8 aliases")},
    "aaaa": {"aaaa": ("www.aaaa.test: ", "::1", "IPv6")},
    "nothing": {"resolves": ("www.nothing.test: ", "neither A nor AAAA")},
    "negative": {"negative-ttl": ("negative.test: ", "1800 s")},
    "caa-forbids": {
        "caa": (
            "www.caa-forbids.test: ",
            "allow other.example, not letsencrypt.org, to issue for www.caa-forbids.test",
        )
    },
    "caa-none": {"caa": ("www.caa-none.test: ", "allow nobody")},
    "caa-parent": {"caa": ("caa-parent.test: ", "allow other.example")},
    "caa-nearest": {},
    "caa-alias": {"caa": ("www.caa-forbids.test: ", "to issue for www.caa-alias.test")},
    "caa-wildcard": {},
    "caa-critical": {"caa": ("caa-critical.test: ", "future", "no authority may issue")},
    "caa-one": {"caa": ("www.caa-one.test: ", "at ns2.caa-one.test", "allow other.example")},
    "many": {},
    "bogus": {"dnssec": ("bogus.test @ns", "no key of the zone fits")},
    "signed": {},
}
TWICE = {"bogus"}
# What a rule is broken by that no zone breaks alone, tested below.
BELOW = {"zone", "answers", "address", "public", "certificate"}


def test_every_rule_is_broken_by_a_zone() -> None:
    assert {rule for wrong in WRONG.values() for rule in wrong} | BELOW == set(RULES)
    assert set(WRONG) == set(CASES) - {"tls", "silent", "shop", "moved", "bad", "dead", "own-more"}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_found_and_nothing_else(dns_port: int, case: str) -> None:
    outcomes = judged(survey(dns_port, f"www.{case}.test"))
    for rule in set(RULES) - {"public", "certificate"}:
        found = findings(outcomes, rule)
        if rule not in WRONG[case]:
            assert found == [], rule
            continue
        assert len(found) == (2 if case in TWICE else 1)
        place, *words = WRONG[case][rule]
        assert found[0].startswith(place.format(case)), found
        assert all(word in found[0] for word in words), found


def test_a_server_that_says_nothing(dns_port: int) -> None:
    """It is asked twice and given up on; where the time for everything is shorter, that is what is said."""

    def ask(timeout: float, until: float) -> str:
        asker = Asker([], timeout=timeout, tries=2, until=time.monotonic() + until)
        name = parse_name("www.silent.test")
        return asyncio.run(asker.ask(Server("", SILENT, dns_port), name, dns.rdatatype.A)).trouble

    assert ask(0.2, until=PATIENCE) == "no answer within 0.2 s to 2 questions"
    assert ask(PATIENCE, until=0.2) == TIME_UP
    assert ask(PATIENCE, until=0.0) == TIME_UP


def test_what_a_silent_server_makes_of_its_zone(dns_port: int) -> None:
    outcomes = judged(survey(dns_port, "www.silent.test", timeout=2.0, tries=1))
    assert any(
        "silent.silent.test" in found and "no answer within 2 s" in found
        for found in findings(outcomes, "servers")
    )


def test_a_server_that_fails_at_some_questions(dns_port: int) -> None:
    """What does not fit into UDP needs TCP, which is closed there; another question fails."""
    outcomes = judged(survey(dns_port, "www.bad.test"))
    place = f"www.bad.test @cache.bad.test (127.0.0.6:{dns_port})"
    assert findings(outcomes, "answers") == [
        f"{place}: asked for A: its answer needs TCP, where nobody listens (connection refused)",
        f"{place}: asked for AAAA: it answers SERVFAIL",
    ]
    assert findings(outcomes, "servers") == findings(outcomes, "agree") == []


def test_as_many_aliases_as_resolvers_follow(dns_port: int) -> None:
    assert findings(judged(survey(dns_port, "n4.long.test")), "chain") == []
    assert len(findings(judged(survey(dns_port, "n3.long.test")), "chain")) == 1


def test_the_deadline_ends_all_questions(dns_port: int) -> None:
    outcomes = judged(survey(dns_port, "www.good.test", deadline=1e-9))
    [found] = findings(outcomes, "zone")
    assert "the time was up before it answered (--deadline)" in found


def test_an_answer_that_does_not_fit_comes_over_tcp(dns_port: int) -> None:
    seen = survey(dns_port, "www.many.test")
    [lookup] = seen.lookups
    assert len(lookup.addresses()) == MANY
    assert {reply.tcp for reply in lookup.chain[0].a.values()} == {True}
    assert {reply.tcp for reply in lookup.chain[0].aaaa.values()} == {False}


def test_several_names_of_one_zone_are_one_finding_where_it_is_one_thing(dns_port: int) -> None:
    outcomes = judged(
        survey(dns_port, "www.good.test", "api.good.test", "alias.good.test", "www.ttl-one.test"), ttl=59
    )
    assert (
        len(findings(outcomes, "ttl")) == 5
    )  # www, api and the alias's CNAME; ns1's and ns2's of the other zone
    assert findings(judged(survey(dns_port, "www.good.test"), ttl=60), "ttl") == []


def test_a_name_in_no_zone(dns_port: int) -> None:
    outcomes = judged(survey(dns_port, "www.example.invalid", "api.example.invalid"))
    [found] = findings(outcomes, "zone")
    assert found.startswith(
        "www.example.invalid: its zone was not found, nor is that of api.example.invalid: the resolver"
    )
    assert all(
        each.skipped == "not checked: no zone was found" for each in outcomes if each.check.id != "dns.zone"
    )


def test_the_expected_address(dns_port: int) -> None:
    seen = survey(dns_port, "www.good.test", "www.differ.test", "www.aaaa.test")
    right = judged(seen, expected=frozenset({"127.0.0.1", "127.0.0.99", "::1"}), because="--expect")
    assert findings(right, "address") == []
    assert not any("www.aaaa.test" in found for found in findings(right, "aaaa"))
    some = judged(seen, expected=frozenset({"127.0.0.1"}), because="HOST_IP")
    assert findings(some, "address") == [
        f"www.differ.test @ns2.differ.test (127.0.0.2:{dns_port}): it leads to 127.0.0.99, not to 127.0.0.1 (HOST_IP)"
    ]
    assert len(findings(some, "aaaa")) == 1
    both = judged(seen, expected=frozenset({"127.0.0.1", "::1"}), because="HOST_IP")
    assert [each.partition(", ")[0] for each in findings(both, "aaaa")] == [
        "www.good.test: it has no AAAA record", "www.differ.test: it has no AAAA record",
    ]  # fmt: skip
    six = judged(survey(dns_port, "six.aaaa.test"), expected=frozenset({"192.0.2.7"}), because="HOST_IP")
    assert findings(six, "address") == [
        "six.aaaa.test: it has no A record, and is to lead to 192.0.2.7 (HOST_IP)"
    ]
    none = judged(seen, expected=frozenset({"192.0.2.7"}), because="HOST_IP")
    assert len(findings(none, "address")) == 4


def test_addresses_that_nobody_outside_reaches(dns_port: int) -> None:
    [found] = findings(judged(survey(dns_port, "www.good.test")), "public")
    assert (
        found
        == "127.0.0.1: a private or reserved address: nobody outside its network reaches www.good.test there"
    )


def test_a_server_that_the_zone_alone_names_is_asked_too(dns_port: int) -> None:
    """The resolver here knows it from the delegation, where it is not."""
    [found] = findings(judged(survey(dns_port, "www.own-more.test")), "ttl")
    assert found.startswith(
        f"www.own-more.test @ns2.own-more.test (127.0.0.2:{dns_port}): its A record has a TTL of 900 s"
    )


def test_the_callers_own_servers_are_asked_alone(dns_port: int) -> None:
    """`--server`: what the zone's own records name counts for nothing."""
    only = survey(dns_port, "www.ttl-one.test", servers=(Server("", NS1, dns_port),))
    assert findings(judged(only), "ttl") == []
    [zone] = only.asked_zones()
    assert (zone.given, zone.delegated, zone.servers) == (True, None, (Server("", NS1, dns_port),))
    both = survey(
        dns_port, "www.ttl-one.test", servers=(Server("", NS1, dns_port), Server("", NS2, dns_port))
    )
    assert findings(judged(both), "ttl")[0].startswith(f"www.ttl-one.test @127.0.0.2:{dns_port}: ")


def test_a_server_of_the_callers_that_does_not_know_the_zone(dns_port: int) -> None:
    outcomes = judged(survey(dns_port, "www.lame.test", servers=(Server("", NS2, dns_port),)))
    [found] = findings(outcomes, "servers")
    assert "REFUSED" in found
    outcomes = judged(survey(dns_port, "www.good.test", servers=(Server("", NOBODY, dns_port),)))
    [found] = findings(outcomes, "servers")
    assert "nobody listens" in found


def test_a_zone_that_the_resolver_does_not_know_yet(dns_port: int) -> None:
    """The servers of the zone above point to it."""
    seen = survey(dns_port, "www.good.test", resolvers=(Server("", PARENT, dns_port),))
    assert seen.lookups[0].name == parse_name("www.good.test")
    assert findings(judged(seen), "servers") == []
    assert [zone.name.to_text() for zone in seen.asked_zones()] == ["good.test."]


def test_a_zone_of_which_every_server_is_dead(dns_port: int) -> None:
    """A resolver knows nothing of it: the zone above does."""
    parent = Server("", PARENT, dns_port)
    outcomes = judged(survey(dns_port, "www.dead.test", resolvers=(parent,)))
    [found] = findings(outcomes, "servers")
    assert found.startswith(f"dead.test @nobody.dead.test (127.0.0.7:{dns_port}): nobody listens there")
    assert sum(len(each.problems) for each in outcomes) == 1
