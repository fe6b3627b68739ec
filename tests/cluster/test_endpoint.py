"""Where an API server is: what counts as this machine, as a private network, and as the same place."""

from __future__ import annotations

import pytest
from devkit.cluster.endpoint import Endpoint, Published, parse_server


def at(host: str, port: int = 6443) -> Endpoint:
    found = parse_server(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}")
    assert found is not None
    return found


# The first and last address of each range, and those next to it, which are anybody's.
@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("9.255.255.255", False), ("10.0.0.0", True), ("10.255.255.255", True), ("11.0.0.0", False),
        ("172.0.0.1", False), ("172.15.255.255", False), ("172.16.0.0", True), ("172.31.255.255", True),
        ("172.32.0.0", False), ("172.255.255.255", False),
        ("192.167.255.255", False), ("192.168.0.0", True), ("192.168.255.255", True), ("192.169.0.0", False),
        ("fbff::1", False), ("fc00::", True), ("fdff:ffff::1", True), ("fe00::", False), ("fe80::1", False),
        ("203.0.113.7", False), ("100.64.0.1", False), ("169.254.1.1", False), ("example.com", False),
    ],
)  # fmt: skip
def test_private_networks_and_nothing_beside_them(host: str, private: bool) -> None:
    assert at(host).is_private is private


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.255.255.254", True), ("126.255.255.255", False), ("128.0.0.1", False), ("0.0.0.0", True),
        ("::1", True), ("::2", False), ("::", True), ("localhost", True), ("localhost.", True),
        ("kubernetes.docker.internal", True), ("host.docker.internal", False), ("localhost.example.com", False),
    ],
)  # fmt: skip
def test_what_never_leaves_this_machine(host: str, loopback: bool) -> None:
    assert at(host).is_loopback is loopback


@pytest.mark.parametrize(
    ("server", "port"),
    [("https://10.0.0.1", 443), ("http://10.0.0.1", 80), ("10.0.0.1:6443", 6443), ("10.0.0.1", 443)],
)
def test_the_port_that_is_meant(server: str, port: int) -> None:
    found = parse_server(server)
    assert found is not None
    assert (found.host, found.port) == ("10.0.0.1", port)


@pytest.mark.parametrize(
    ("server", "host"),
    [("https://a.", "a"), ("https://a.x:6443", "a.x"), ("https://A.B", "a.b"), ("https://[::1]", "::1")],
)
def test_the_host_that_is_meant(server: str, host: str) -> None:
    found = parse_server(server)
    assert found is not None
    assert found.host == host


@pytest.mark.parametrize(
    "server", ["", "https://", "https://:6443", "https://10.0.0.1:x", "https://10.0.0.1:70000", "ftp://x"]
)
def test_what_is_no_servers_address(server: str) -> None:
    assert parse_server(server) is None


def test_a_published_port_explains_that_port_alone() -> None:
    assert Published("127.0.0.1", 6443).explains(at("127.0.0.1"))
    assert Published("0.0.0.0", 6443).explains(at("127.0.0.1"))
    assert Published("127.0.0.1", None).explains(at("127.0.0.1", 1))
    assert not Published("127.0.0.1", 6444).explains(at("127.0.0.1"))
    assert not Published("127.0.0.1", 6443).explains(at("10.0.0.1"))
    assert Published("192.168.49.2", 8443).explains(at("192.168.49.2", 8443))
    assert not Published("192.168.49.2", 8443).explains(at("192.168.49.3", 8443))
    assert Published("lima.internal", 6443).explains(at("lima.internal"))
    assert not Published("lima.internal", 6443).explains(at("lima.example.com"))


@pytest.mark.parametrize(
    ("published", "server", "explained"),
    [
        ("0.0.0.0", "127.0.0.1", True), ("0.0.0.0", "0.0.0.0", True), ("0.0.0.0", "localhost", True),
        ("0.0.0.0", "::1", False), ("0.0.0.0", "::", False), ("0.0.0.0", "10.0.0.1", False),
        ("::", "::1", True), ("::", "localhost", True), ("::", "127.0.0.1", False), ("::", "fc00::1", False),
        ("127.0.0.1", "0.0.0.0", True), ("127.0.0.1", "localhost", True), ("127.0.0.1", "kubernetes.docker.internal", True),
        ("127.0.0.1", "::", False), ("127.0.0.1", "127.0.0.2", False), ("127.0.0.2", "127.0.0.1", False),
        ("::1", "::1", True), ("::1", "127.0.0.1", False), ("::1", "0.0.0.0", False),
        ("10.0.0.1", "localhost", False), ("10.0.0.1", "127.0.0.1", False), ("10.0.0.1", "0.0.0.0", False),
        ("10.0.0.1", "10.0.0.1", True), ("::ffff:10.0.0.1", "10.0.0.1", True), ("fe80::1%eth0", "fe80::1", True),
        ("lima.internal", "lima.internal", True), ("lima.internal", "lima.a", False), ("lima.internal", "lima.z", False),
        ("lima.internal", "127.0.0.1", False),
    ],
)  # fmt: skip
def test_where_a_connection_arrives(published: str, server: str, explained: bool) -> None:
    """What is published on every address is on every one of its family: ::1 and 127.0.0.1 are two listeners."""
    assert Published(published, 6443).explains(at(server)) is explained


@pytest.mark.parametrize("port", [0, 1, 6442, 6444, 16443])
def test_another_port_is_another_place(port: int) -> None:
    assert not Published("127.0.0.1", port).explains(at("127.0.0.1"))
