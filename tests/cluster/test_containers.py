"""Which Docker is asked for containers, and what is made of its answer or of none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from devkit.cluster.containers import Container, docker_host, inspect, is_local_docker, parse_inspect

from tests.support.containers import node, published, recorded_docker


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder whose Docker has contexts, and `here` chosen."""
    folder = tmp_path / ".docker"
    contexts: dict[str, Any] = {
        "here": {"Endpoints": {"docker": {"Host": "unix:///run/here.sock"}}},
        "far": {"Endpoints": {"docker": {"Host": "ssh://far"}}},
        "blank": {"Endpoints": {"docker": {"Host": None}}},
        "odd": {"Endpoints": {"docker": "text"}},
        "odder": {"Endpoints": []},
        "oddest": [],
    }
    for name, meta in contexts.items():
        place = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(meta))
    (folder / "config.json").write_text('{"currentContext": "here"}')
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        ({}, "unix:///run/here.sock"),
        ({"DOCKER_HOST": "tcp://h:1", "DOCKER_CONTEXT": "far"}, "tcp://h:1"),
        ({"DOCKER_CONTEXT": "far"}, "ssh://far"),
        ({"DOCKER_CONTEXT": "default"}, ""),
        ({"DOCKER_CONTEXT": "blank"}, ""),
        ({"DOCKER_CONTEXT": "odd"}, "context odd"),
        ({"DOCKER_CONTEXT": "odder"}, "context odder"),
        ({"DOCKER_CONTEXT": "oddest"}, "context oddest"),
        ({"DOCKER_CONTEXT": "unknown"}, "context unknown"),
        ({"DOCKER_CONTEXT": "\udcff"}, "context \udcff"),
        ({"DOCKER_CONFIG": "/nowhere"}, ""),
    ],
)
def test_the_docker_that_would_be_asked(home: Path, environ: dict[str, str], host: str) -> None:
    assert docker_host(environ, home) == host


@pytest.mark.parametrize("content", ["{}", "[]", "{", "[" * 100_000, '{"currentContext": null}'])
def test_docker_without_a_choice(home: Path, content: str) -> None:
    (home / ".docker" / "config.json").write_text(content)
    assert docker_host({}, home) == ""


def test_docker_s_own_folder(home: Path, tmp_path: Path) -> None:
    (home / ".docker").rename(tmp_path / "elsewhere")
    assert docker_host({"DOCKER_CONFIG": f"{tmp_path}/elsewhere"}, home) == "unix:///run/here.sock"
    (tmp_path / "elsewhere" / "config.json").write_bytes(b"\xff")
    assert docker_host({"DOCKER_CONFIG": f"{tmp_path}/elsewhere"}, home) == ""


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("", True), ("unix:///run/docker.sock", True), ("npipe:////./pipe/docker_engine", True),
        ("npipe:////server/pipe/docker_engine", False), ("tcp://127.0.0.1:2375", False), ("ssh://me@far", False),
        ("fd://", False), ("context unknown", False), ("a", False), ("~", False),
    ],
)  # fmt: skip
def test_which_docker_is_this_machines(host: str, here: bool) -> None:
    assert is_local_docker(host) is here


def asked(folder: Path, script: str, **environ: str) -> tuple[Container, ...] | str:
    """What becomes of a call of a docker that is this script."""
    program = folder / "docker"
    program.write_text(script)
    program.chmod(0o755)
    return inspect(("a", "b"), {"PATH": f"{folder}"} | environ, folder)


def test_how_docker_is_asked(tmp_path: Path) -> None:
    script = f'#!/bin/sh\necho "$@ $FROM_HERE" > {tmp_path}/asked; echo "[]"; read line || echo "no input" >> {tmp_path}/asked\n'
    assert asked(tmp_path, script, FROM_HERE="mine") == ()
    assert (tmp_path / "asked").read_text() == "inspect --type container a b mine\nno input\n"
    asked(tmp_path, script, DOCKER_HOST="unix:///run/d.sock")
    said = "--host unix:///run/d.sock inspect --type container a b \nno input\n"
    assert (tmp_path / "asked").read_text() == said


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2; exit 1\n", "Docker does not run"),
        ("#!/bin/sh\nexit 1\n", "Docker does not run"),
        ("#!/nowhere\n", "docker cannot be run: No such file or directory"),
        ("#!/bin/sh\necho 'Error: No Such object: a' >&2; exit 1\n", ()),
        ("#!/bin/sh\necho '[]'; echo 'WARNING: something' >&2\n", ()),
    ],
)
def test_a_docker_that_does_not_answer(tmp_path: Path, script: str, reason: Any) -> None:
    assert asked(tmp_path, script) == reason


def test_no_docker_and_one_elsewhere(tmp_path: Path) -> None:
    assert inspect(("a",), {"PATH": f"{tmp_path}"}, tmp_path) == "there is no docker on PATH to ask"
    for host, shown in (("tcp://me:secret@far:1", "tcp://far:1"), ("ssh://far", "ssh://far"), ("far", "far")):
        reason = inspect(("a",), {"PATH": f"{tmp_path}", "DOCKER_HOST": host}, tmp_path)
        assert reason == f"Docker is at {shown}, not on this machine"


def test_containers_that_are_there_count_beside_those_that_are_not(tmp_path: Path) -> None:
    recorded_docker(tmp_path, [node("b", {"l": "1"}, published(5))])
    found = inspect(("a", "b"), {"PATH": f"{tmp_path}"}, tmp_path)
    ports = {6443: (("127.0.0.1", 5),)}
    assert found == (Container("b", True, {"l": "1"}, ports, ("172.17.0.2",)),)


def test_what_docker_prints() -> None:
    item: dict[str, Any] = {
        "Name": "/xa",
        "State": {"Running": False},
        "Config": {"Labels": {"x": "y"}},
        "NetworkSettings": {
            "Ports": {
                "80/tcp": [
                    {"HostIp": "", "HostPort": "1"},
                    {"HostIp": "::1", "HostPort": "2"},
                    {"HostPort": ""},
                ],
                "81/udp": [{"HostIp": "0.0.0.0", "HostPort": "3"}],
                "81/sctp": [{"HostIp": "0.0.0.0", "HostPort": "4"}],
                "82/tcp": None,
                "83/tcp": [],
            },
            "Networks": {
                "one": {"IPAddress": "10.0.0.2", "GlobalIPv6Address": "fd00::2"},
                "two": {"IPAddress": "", "GlobalIPv6Address": ""},
                "three": None,
            },
        },
    }
    expected = Container("xa", False, {"x": "y"}, {80: (("0.0.0.0", 1), ("::1", 2))}, ("10.0.0.2", "fd00::2"))
    assert parse_inspect(json.dumps([item, "text"]).encode()) == (expected,)


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"State": None, "Config": None, "NetworkSettings": None},
        {"State": {}, "Config": {"Labels": None}, "NetworkSettings": {"Ports": None, "Networks": None}},
    ],
)
def test_what_docker_leaves_out(item: dict[str, Any]) -> None:
    assert parse_inspect(json.dumps([item]).encode()) == (Container("", False),)


@pytest.mark.parametrize("answer", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_answer(answer: bytes) -> None:
    assert parse_inspect(answer) == ()
