"""doctor's group `network`."""

from __future__ import annotations

import socket
from pathlib import Path

import certifi
import pytest
import yaml
from devkit.findings.model import Severity

from tests.support.certified import certified_server, make_issuer, silent_server, tunnel_proxy
from tests.support.listening import listening
from tests.support.machine import Workplace, only_problem
from tests.support.namespaces import Found, in_own_mounts, in_own_network, mounted_over, run_elsewhere


def test_no_proxy(workplace: Workplace) -> None:
    assert workplace.run("network.proxy").needless


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_takes_localhost(workplace: Workplace, name: str) -> None:
    workplace.environ[name] = "http://me:PLANTED@proxy.example:3128"
    problem = only_problem(workplace.run("network.proxy"))
    assert problem.severity is Severity.WARNING
    assert f"{name} (http://…@proxy.example:3128) is set" in problem.message
    assert "NO_PROXY is not set" in problem.message
    assert "export NO_PROXY=localhost,127.0.0.1" in str(problem.advice)
    workplace.environ["no_proxy"] = ".example,localhost"
    problem = only_problem(workplace.run("network.proxy"))
    assert "no_proxy lacks 127.0.0.1" in problem.message
    assert "NO_PROXY=.example,localhost,127.0.0.1" in str(problem.advice)
    for value in ("localhost,127.0.0.1", "*", "a, LOCALHOST , 127.0.0.0/8"):
        workplace.environ["no_proxy"] = value
        assert workplace.run("network.proxy").seen == f"{name} http://…@proxy.example:3128"


def test_odd_proxies(workplace: Workplace) -> None:
    workplace.environ |= {"HTTP_PROXY": "http://[::", "http_proxy": "http://proxy:1", "NO_PROXY": "*"}
    parts = {p.part: p.message for p in workplace.run("network.proxy").problems}
    assert set(parts) == {"address", "spelling"}
    assert "HTTP_PROXY and http_proxy differ" in parts["spelling"]


@pytest.mark.parametrize(
    "environ",
    [
        {"PIP_NO_INDEX": "1"},
        {"PIP_INDEX_URL": "http://127.0.0.1:9/simple"},
        {"PIP_INDEX_URL": "https://127.0.0.1:9/simple"},
        {"PIP_INDEX_URL": "https://nowhere.invalid/simple"},
        {"PIP_INDEX_URL": "https://["},
    ],
)
def test_no_index_to_ask(workplace: Workplace, environ: dict[str, str]) -> None:
    workplace.environ |= environ
    assert workplace.run("network.tls").needless


def test_an_index_that_says_nothing(workplace: Workplace) -> None:
    with silent_server() as port:
        workplace.environ["PIP_INDEX_URL"] = f"https://127.0.0.1:{port}/simple"
        assert workplace.run("network.tls").needless


def test_an_issuer_that_nobody_knows(workplace: Workplace, tmp_path: Path) -> None:
    make_issuer(tmp_path / "ca", "Corporate Security")
    with certified_server(tmp_path / "ca") as port:
        workplace.environ["PIP_INDEX_URL"] = f"https://localhost:{port}/simple"
        problem = only_problem(workplace.run("network.tls"))
    assert problem.severity is Severity.WARNING
    assert "nothing here vouches for localhost's certificate" in problem.message


def test_an_issuer_that_image_builds_do_not_know(workplace: Workplace, tmp_path: Path) -> None:
    ca = make_issuer(tmp_path / "ca", "Corporate Security")
    other = make_issuer(tmp_path / "other", "Somebody Else")
    with certified_server(tmp_path / "ca") as port:
        # As pip's own file has it.
        settings = f"[global]\nindex-url = https://localhost:{port}/simple\n"
        workplace.write(".config/pip/pip.conf", settings)
        workplace.environ["CURL_CA_BUNDLE"] = str(ca)
        problem = only_problem(workplace.run("network.tls"))
        assert problem.severity is Severity.WARNING
        assert "issued by Corporate Security, which image builds do not know" in problem.message
        assert problem.advice == f"export DEVKIT_CA_BUNDLE={ca}"
        workplace.environ["DEVKIT_CA_BUNDLE"] = str(other)
        problem = only_problem(workplace.run("network.tls"))
        assert f"{other}, which image builds are given, does not know it" in problem.message
        assert problem.advice == f"export DEVKIT_CA_BUNDLE={ca}"
        workplace.environ["DEVKIT_CA_BUNDLE"] = str(ca)
        problem = only_problem(workplace.run("network.tls"))
        assert problem.severity is Severity.NOTE
        assert f"image builds are given {ca}" in problem.message


def test_an_issuer_that_all_know(workplace: Workplace, tmp_path: Path) -> None:
    """As from a home without any proxy: the list that Python's packages bring along has it."""
    ca = make_issuer(tmp_path / "ca", "Public Trust")
    with certified_server(tmp_path / "ca") as port:
        workplace.environ["PIP_INDEX_URL"] = f"https://localhost:{port}/simple"
        lines = mounted_over(Path(certifi.where()), source=ca)
        found = run_elsewhere(workplace, "network.tls", lines, prefix=in_own_mounts())
    assert found.seen == "localhost: Public Trust"


def test_an_index_behind_a_proxy(workplace: Workplace, tmp_path: Path) -> None:
    ca = make_issuer(tmp_path / "ca", "Corporate Security")
    asked: list[str] = []
    with certified_server(tmp_path / "ca") as port, tunnel_proxy(asked) as proxy:
        workplace.environ |= {
            "PIP_INDEX_URL": f"https://localhost:{port}/simple",
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy}", "PIP_CERT": str(ca),
        }  # fmt: skip
        problem = only_problem(workplace.run("network.tls"))
        assert "Corporate Security" in problem.message
        assert set(asked) == {f"localhost:{port}"}
        workplace.environ["NO_PROXY"] = "localhost"
        asked.clear()
        assert "Corporate Security" in only_problem(workplace.run("network.tls")).message
        assert asked == []


def with_hosts(workplace: Workplace, id: str, tmp_path: Path, text: str) -> Found:
    """What comes of a check where /etc/hosts has other lines."""
    hosts = tmp_path / "hosts"
    hosts.write_text(text)
    lines = mounted_over(Path("/etc/hosts"), source=hosts)
    return run_elsewhere(workplace, id, lines, prefix=in_own_mounts())


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        ("127.0.0.1 localhost\n", None),
        ("127.0.0.1 localhost\n::1 localhost\n", None),
        ("10.1.2.3 localhost\n", "localhost resolves to 10.1.2.3, not to this machine"),
        ("::1 localhost\n", "localhost is ::1 only"),
    ],
)
def test_dns(workplace: Workplace, tmp_path: Path, hosts: str, says: str | None) -> None:
    found = with_hosts(workplace, "network.dns", tmp_path, hosts)
    if says is None:
        assert "127.0.0.1" in found.seen
    else:
        assert says in found.problem["message"]
        assert "/etc/hosts" in found.problem["advice"]


def test_loopback(workplace: Workplace) -> None:
    assert workplace.run("network.loopback").seen == "open"
    problem = run_elsewhere(workplace, "network.loopback", prefix=in_own_network()).problem
    assert problem["severity"] == "error"
    assert "127.0.0.1" in problem["message"]


def test_ipv6(workplace: Workplace, tmp_path: Path) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    port = yaml.safe_load((workplace.root / "dev/services.yaml").read_text())["services"]["hello"]["port"]
    both = "127.0.0.1 localhost\n::1 localhost\n"
    assert with_hosts(workplace, "network.ipv6", tmp_path, both).seen == "nothing else listens there"
    with listening(port, host="::1") as pid:
        problem = with_hosts(workplace, "network.ipv6", tmp_path, both).problem
        assert problem["part"] == "hello"
        assert problem["severity"] == "note"
        assert f"localhost:{port} (hello) leads a browser to " in problem["message"]
        # Root in a namespace of an ordinary user's sees less than that user.
        assert f"(pid {pid}:" in problem["message"] or "another user's process" in problem["message"]
        assert with_hosts(workplace, "network.ipv6", tmp_path, "127.0.0.1 localhost\n").skipped
