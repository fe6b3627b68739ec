"""`devkit dns plan`: what changes, how long old answers last, the steps, what is not known."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from devkit.cli import main
from devkit.dns.names import shown
from devkit.dns.plan.cutover import Act, Cutover, make_cutover

from tests.dns.asked import survey
from tests.dns.world import RESOLVER
from tests.support.authority import Authority, certificate_server
from tests.support.storage import free_port

NEW = "127.0.0.9"


def planned(port: int, *names: str, six: tuple[str, ...] = ()) -> Cutover:
    return make_cutover(survey(port, *names), [NEW], six, 60)


def acts(plan: Cutover) -> dict[tuple[str, str], Act]:
    return {(shown(change.owner), change.kind): change.act for change in plan.changes}


def test_addresses_are_set_and_a_stray_aaaa_is_deleted(dns_port: int) -> None:
    plan = planned(dns_port, "www.good.test", "www.aaaa.test")
    assert acts(plan) == {
        ("www.good.test", "A"): Act.SET, ("www.aaaa.test", "A"): Act.SET, ("www.aaaa.test", "AAAA"): Act.DELETE,
    }  # fmt: skip
    assert (plan.lowered, plan.longest, plan.remembered, plan.refresh) == (True, 60, 60, 7200)


def test_an_aaaa_is_set_or_added_where_there_is_a_new_one(dns_port: int) -> None:
    """A cache may remember for the SOA's time that there was none."""
    plan = planned(dns_port, "www.negative.test", "www.aaaa.test", six=("::9",))
    found = acts(plan)
    assert found[("www.negative.test", "AAAA")] is Act.ADD
    assert found[("www.aaaa.test", "AAAA")] is Act.SET
    assert (plan.negative, plan.remembered) == (1800, 1800)


def test_names_that_lead_to_one_record_change_it_once(dns_port: int) -> None:
    plan = planned(dns_port, "www.good.test", "alias.good.test", "here.moved.test")
    assert acts(plan) == {("www.good.test", "A"): Act.SET}
    [change] = plan.changes
    assert [shown(name) for name in change.names] == ["www.good.test", "alias.good.test", "here.moved.test"]


def test_an_alias_into_somebody_elses_zone_is_replaced(dns_port: int) -> None:
    plan = planned(dns_port, "www.moved.test")
    assert acts(plan) == {("www.moved.test", "CNAME"): Act.DELETE, ("www.moved.test", "A"): Act.ADD}
    assert (plan.longest, plan.at) == (3600, "www.moved.test")


def test_a_record_that_is_so_already(dns_port: int) -> None:
    plan = make_cutover(survey(dns_port, "www.good.test", "www.differ.test"), ["127.0.0.1"], [], 60)
    assert acts(plan) == {("www.good.test", "A"): Act.NONE, ("www.differ.test", "A"): Act.SET}


def test_the_longest_ttl_of_any_server_counts(dns_port: int) -> None:
    plan = planned(dns_port, "www.ttl-one.test")
    [change] = plan.changes
    assert (plan.lowered, plan.longest) == (False, 3600)
    assert sorted(ttl for _, ttl in change.ttls) == [60, 3600]
    cache = planned(dns_port, "www.cache.test")  # a cache's 12 s beside the 3600 s of the server itself
    assert (cache.longest, [ttl for _, ttl in cache.changes[0].ttls]) == (3600, [3600])


def test_what_is_not_known_is_said(dns_port: int) -> None:
    plan = planned(dns_port, "www.lame.test", "www.example.invalid", "www.lost.test")
    said = "\n".join(plan.unknown)
    assert "what ns2.lame.test (127.0.0.2" in said
    assert "REFUSED" in said
    assert "www.example.invalid: its zone was not found" in said
    assert "the name server gone.lost.test has no address" in said
    assert {shown(change.owner) for change in plan.changes} == {"www.lame.test", "www.lost.test"}
    assert planned(dns_port, "www.good.test").unknown == ()


def test_what_cannot_be_planned_is_no_row_and_no_done(
    dns_port: int, call: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["www.lame.test", "www.dead.test", "www.example.invalid"]
    assert main(["dns", "plan", *names, *call, "--https-port", str(free_port())]) == 0
    text = capsys.readouterr().out
    assert "| `www.lame.test` A |" in text
    assert "| `www.dead.test`" not in text
    assert "**Done**: every server that answered gives every record a TTL of at most 60 s." in text
    assert f"Not known of ns2.lame.test (127.0.0.2:{dns_port}), nobody.dead.test" in text
    assert "- [ ] www.dead.test: not known (no server answers the question for CAA of www.dead.test)" in text
    assert "- www.dead.test: no server answered with authority, so nothing is planned for it" in text
    assert "- www.example.invalid: its zone was not found" in text


@pytest.fixture
def call(dns_port: int, tmp_path: Path) -> list[str]:
    """Options by which the world is asked; the new address shows a certificate for `*.good.test`."""
    return ["--resolver", f"{RESOLVER}:{dns_port}", "--port", str(dns_port), "--timeout", "30", "--to", NEW]


def test_the_runbook(
    dns_port: int, call: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = Authority(tmp_path)
    file = tmp_path / "cutover.md"
    with certificate_server({"new": authority.issue("*.good.test")}, NEW) as port:
        more = ["--https-port", str(port), "--cacert", str(authority.pem), "--output", str(file)]
        names = ["www.good.test", "www.ttl-one.test", "www.caa-parent.test"]
        assert main(["dns", "plan", *names, *call, *more]) == 0
        text = file.read_text()
        assert main(["dns", "plan", "www.good.test", *call, *more]) == 2
        assert "--force replaces it" in capsys.readouterr().err
        assert main(["dns", "plan", "www.good.test", *call, *more, "--force"]) == 0
    for words in (
        f"# Cut-over of 3 names to {NEW}",
        f"| `www.good.test` A | 127.0.0.1 | 60 s at both servers | **{NEW}** | itself |",
        f"60 s at ns1.ttl-one.test (127.0.0.1:{dns_port}), 3600 s at ns2.ttl-one.test (127.0.0.2:{dns_port})",
        "  - `www.ttl-one.test`, now 3600 s",
        f"- [ ] set: `www.good.test` 60 A {NEW}",
        f"--resolve www.good.test:{port}:{NEW} https://www.good.test:{port}/",
        "do **not** allow letsencrypt.org",
        f"--expect {NEW}\n",
        "- `www.good.test` 60 A 127.0.0.1",
    ):
        assert words in text, words
    assert re.search(rf"\| www.good.test \| {NEW} \| valid until \d{{4}}-", text)
    assert re.search(rf"\| www.ttl-one.test \| {NEW} \| it is for \*.good.test, not for", text)
    assert "**Done**: every server gives every record a TTL of at most 60 s." in file.read_text()


def test_the_low_ttl_holds_when_the_longest_has_passed(
    dns_port: int, call: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dns", "plan", "www.ttl-all.test", *call, "--https-port", str(free_port())]) == 0
    text = capsys.readouterr().out
    written = re.search(r"on (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", text)
    holds = re.search(r"from \*\*(\d{4}-\d\d-\d\d \d\d:\d\d) UTC\*\*", text)
    assert written
    assert holds
    passed = datetime.fromisoformat(holds[1]) - datetime.fromisoformat(written[1])
    assert passed == timedelta(seconds=3600)


def test_nothing_to_plan_with(dns_port: int, call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dns", "plan", "www.example.invalid", *call, "--https-port", str(free_port())]) == 1
    assert "no name server answered for any of the names" in capsys.readouterr().err
