"""`devkit dns audit` as it is called: the stack's names and address, forms of reports, exit codes, the example in the docs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from devkit.cli import main

from tests.dns.world import NS1, RESOLVER
from tests.support.authority import Authority, certificate_server
from tests.support.platform import ROOT

NO_CERTIFICATE = ["--skip", "dns.certificate"]


@pytest.fixture
def asking(dns_port: int) -> list[str]:
    return ["--resolver", f"{RESOLVER}:{dns_port}", "--port", str(dns_port), "--timeout", "30"]


def test_warnings_exit_0_and_errors_1(asking: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dns", "audit", "www.negative.test", *asking, *NO_CERTIFICATE]) == 0
    assert "dns.negative-ttl" in capsys.readouterr().out
    assert main(["dns", "audit", "www.ttl-all.test", *asking, *NO_CERTIFICATE]) == 1
    assert main(["dns", "audit", "www.ttl-all.test", *asking, *NO_CERTIFICATE, "--ttl", "3600"]) == 0
    assert main(["dns", "audit", "www.ttl-all.test", *asking, "--only", "dns.agree"]) == 0


def test_an_issuer_of_the_callers(asking: list[str]) -> None:
    call = ["dns", "audit", "www.caa-parent.test", *asking, "--only", "dns.caa"]
    assert main(call) == 1
    assert main([*call, "--issuer", "Other.Example."]) == 0


@pytest.mark.parametrize("form", ["--json", "--sarif", "--junit"])
def test_reports_for_programs(form: str, asking: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dns", "audit", "www.ttl-one.test", *asking, *NO_CERTIFICATE, form]) == 1
    text = capsys.readouterr().out
    assert "dns.ttl" in text
    if form == "--json":
        found = {each["id"]: each for each in json.loads(text)["findings"]}
        assert found["dns.ttl"]["place"]["file"].startswith("www.ttl-one.test @ns2.ttl-one.test (127.0.0.2:")


STACK = """services:
  web:
    image: web
    labels:
      traefik.http.routers.web.rule: Host(`${SITE_HOST}`) && !Host(`not.good.test`)
      traefik.http.routers.api.rule: (Host(`api.good.test`) || Host(`www.good.test`)) && PathPrefix(`/x`)
"""


@pytest.fixture
def stack(tmp_path: Path) -> list[str]:
    (tmp_path / "compose.yml").write_text(STACK)
    (tmp_path / ".env").write_text("SITE_HOST=www.good.test\nDO_DROPLET_IP=192.0.2.7\n")
    return ["-f", str(tmp_path / "compose.yml")]


def test_the_names_and_the_address_of_a_stack(
    asking: list[str], stack: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The table names the variable with the address."""
    assert main(["dns", "audit", *stack, "--also", "www.differ.test", *asking, *NO_CERTIFICATE]) == 1
    printed = capsys.readouterr()
    assert printed.err == "devkit: 3 names: api.good.test, www.good.test, www.differ.test\n"
    assert (
        "www.good.test: it leads to 127.0.0.1 at both servers, not to 192.0.2.7 (DO_DROPLET_IP)"
        in printed.out
    )


def test_what_is_expected_goes_over_what_the_stack_says(asking: list[str], stack: list[str]) -> None:
    assert main(["dns", "audit", *stack, *asking, *NO_CERTIFICATE, "--expect", NS1]) == 0


def test_a_stack_whose_address_is_none(
    asking: list[str], stack: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("SITE_HOST=www.good.test\nDO_DROPLET_IP=here\n")
    assert main(["dns", "audit", *stack, *asking]) == 2
    assert "DO_DROPLET_IP: 'here' is not an IP address" in capsys.readouterr().err


def test_certificates_are_asked_of_the_addresses_that_the_servers_gave(
    asking: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    with certificate_server({"www.good.test": authority.issue("www.good.test")}) as port:
        more = ["--https-port", str(port), "--only", "dns.certificate"]
        assert main(["dns", "audit", "www.good.test", *asking, *more]) == 1
        assert "no authority that is trusted here vouches for it" in capsys.readouterr().out
        assert main(["dns", "audit", "www.good.test", *asking, *more, "--cacert", str(authority.pem)]) == 0
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.pem))
        assert main(["dns", "audit", "www.good.test", *asking, *more]) == 0


def test_the_example_in_the_docs(asking: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Addresses are those for documentation, and the time is a usual one."""
    call = [
        "dns",
        "audit",
        "www.shop.test",
        "api.shop.test",
        "--issuer",
        "letsencrypt.org",
        "--expect",
        NS1,
        *NO_CERTIFICATE,
        "--skip",
        "dns.public",
    ]
    assert main([*call, *asking]) == 1
    text = re.sub(r"127\.0\.0\.(\d):\d+", r"192.0.2.5\1", capsys.readouterr().out)
    text = (
        re.sub(r"in \d+\.\d s", "in 0.4 s", text).replace("::1", "2001:db8::7").replace(".test", ".example")
    )
    docs = (Path(ROOT) / "docs" / "dns.md").read_text()
    assert text.strip() in docs, text
