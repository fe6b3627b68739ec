"""The certificates that addresses show: valid, expired, of another name, of nobody's, soon to expire, none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from devkit.base.errors import DevkitError
from devkit.dns.model import Certificate, Survey

from tests.dns.asked import findings, judged, survey
from tests.support.authority import Authority, certificate_server
from tests.support.storage import free_port

NAMES = ("valid", "expired", "other", "selfsigned", "soon", "both")


@pytest.fixture(scope="module")
def seen(dns_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    folder = tmp_path_factory.mktemp("certificates")
    trusted, stranger = Authority(folder / "trusted"), Authority(folder / "stranger", "Nobody's")
    files = {
        "valid.tls.test": trusted.issue("valid.tls.test"),
        "expired.tls.test": trusted.issue("expired.tls.test", days=-3),
        "other.tls.test": trusted.issue("*.elsewhere.test", "elsewhere.test"),
        "selfsigned.tls.test": stranger.issue("selfsigned.tls.test"),
        "soon.tls.test": trusted.issue("*.tls.test", days=9.5),
        "both.tls.test": stranger.issue("any.test", days=-1),
    }
    with certificate_server(files) as port:
        names = [f"{name}.tls.test" for name in NAMES]
        yield survey(dns_port, *names, certificates=True, https_port=port, cacert=str(trusted.pem))


def _of(seen: Survey, name: str) -> Certificate:
    [found] = [each for each in seen.certificates or () if each.name == f"{name}.tls.test"]
    return found


def test_what_is_wrong_with_each(seen: Survey) -> None:
    found = {each.partition(".")[0]: each for each in findings(judged(seen), "certificate")}
    assert set(found) == set(NAMES) - {"valid"}
    assert found["expired"].startswith(
        "expired.tls.test at 127.0.0.1: its certificate is refused: it expired on "
    )
    assert "it is for *.elsewhere.test, elsewhere.test, not for other.tls.test" in found["other"]
    assert "no authority that is trusted here vouches for it" in found["selfsigned"]
    assert "expires in 9 days" in found["soon"]
    for words in ("no authority", "it is for any.test", "it expired on"):
        assert words in found["both"]


def test_severities(seen: Survey) -> None:
    [outcome] = [each for each in judged(seen) if each.check.id == "dns.certificate"]
    graded = {str(each.place).partition(".")[0]: each.severity.value for each in outcome.problems}
    assert graded == dict.fromkeys(("expired", "other", "selfsigned", "both"), "error") | {"soon": "warning"}
    [outcome] = [each for each in judged(seen, days=9) if each.check.id == "dns.certificate"]
    assert "soon" not in {str(each.place).partition(".")[0] for each in outcome.problems}


def test_a_valid_one_is_read(seen: Survey) -> None:
    valid = _of(seen, "valid")
    assert (valid.trouble, valid.names, valid.issuer) == ((), ("valid.tls.test",), "A test's authority")
    assert valid.until is not None


def test_nobody_listens(dns_port: int) -> None:
    outcomes = judged(survey(dns_port, "www.good.test", certificates=True, https_port=free_port()))
    [found] = findings(outcomes, "certificate")
    assert found == "www.good.test at 127.0.0.1: no certificate: nobody listens there (connection refused)"


def test_a_server_without_tls(dns_port: int) -> None:
    """The name server's own port, over TCP."""
    outcomes = judged(survey(dns_port, "www.good.test", certificates=True, https_port=dns_port))
    [found] = findings(outcomes, "certificate")
    assert found.startswith("www.good.test at 127.0.0.1: no certificate: ")


def test_a_bundle_that_is_none(dns_port: int, tmp_path: Path) -> None:
    with pytest.raises(DevkitError, match="there is no such file"):
        survey(dns_port, "www.good.test", cacert=str(tmp_path / "none.pem"))
    (tmp_path / "empty.pem").write_text("nothing\n")
    with pytest.raises(DevkitError, match="it has no certificates in PEM form"):
        survey(dns_port, "www.good.test", cacert=str(tmp_path / "empty.pem"))
