"""`devkit dns audit|plan`: what is no name, address, server or time is refused before anybody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.base.paths import ROOT_VARIABLE
from devkit.cli import main
from devkit.commands.dns.options import NameOptions
from devkit.dns.audit.checks import RULES

from tests.support.platform import ROOT, table

REFUSED = {
    "https://www.shop.test/x": "name the host alone: www.shop.test",
    "www.shop.test:443": "name the host alone: www.shop.test",
    "192.0.2.7": "is an address, not a name",
    "[::1]": "is an address, not a name",
    "*.shop.test": "name a host below it: www.shop.test",
    "www..test": "is not a name",
    "shop": "add its domain: shop.example.com",
    "": "is not a whole name",
    "a b.test": "'a b' is no part of one",
    "-x.shop.test": "'-x' is no part of one",
    "x" * 64 + ".test": "is not a name",
    ".".join(["x" * 60] * 5): "is not a name",
}
OPTIONS = {
    ("--expect", "here"): "--expect: 'here' is not an IP address",
    ("--server", "ns1.shop.test"): "--server: 'ns1.shop.test' is not an address",
    ("--server", "192.0.2.1:99999"): "99999 is not a port",
    ("--resolver", "[::1"): "--resolver: '[::1' is not an address",
    ("--port", "0"): "--port: 0 is not a port",
    ("--timeout", "0"): "--timeout: 0 is not a time",
    ("--deadline", "nan"): "--deadline: nan is not a time",
    ("--ttl", "-1"): "--ttl: -1 is not a TTL",
    ("--days", "-1"): "--days: -1 is below 0",
    ("--issuer", "https://ca.example"): "--issuer: 'https://ca.example' is not a name",
    ("--only", "dns.tll"): "did you mean 'dns.ttl'?",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dns", "audit", "--", name]) == 2
    assert REFUSED[name] in capsys.readouterr().err


@pytest.mark.parametrize("option", OPTIONS, ids=" ".join)
def test_options_that_make_no_sense(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dns", "audit", "www.shop.test", *option]) == 2
    assert OPTIONS[option] in capsys.readouterr().err


def test_a_plan_needs_a_new_address(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        ([], "name it: --to ADDRESS"),
        (["--to", "::1"], "--to-aaaa ::1"),
        (["--to-aaaa", "192.0.2.7"], "--to 192.0.2.7"),
    ):
        assert main(["dns", "plan", "www.shop.test", *arguments]) == 2
        assert words in capsys.readouterr().err


def test_every_check_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dns", "audit", "--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert listed == [f"dns.{rule}" for rule in RULES]


def test_without_names_it_is_about_the_staging_stack(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The one that the table names, from whatever folder; a name that no route has is added."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(ROOT_VARIABLE, str(ROOT))
    subject = NameOptions(also=["docs.shop.example"]).subject()
    assert len(subject.names) == 7
    assert subject.variable == table()["staging"]["address"]
    assert "7 names: " in capsys.readouterr().err
