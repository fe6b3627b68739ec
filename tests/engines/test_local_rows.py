"""Rows that come, go and change while the platform runs."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.demo import Demo, demo, until
from tests.support.storage import free_port, is_free

_ROW = """\
  third:
    type: python
    about: Came later.
    port: {port}
    debug_port: {debug_port}
    path: apps/other
    app: other.main:app
    probes: {{live: /health/live, ready: /health/ready}}
    resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{cpu: 200m, memory: 128Mi}}}}
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        made.up()
        yield made


def said(platform: Demo) -> str:
    return (platform.root / ".devkit/logs/devkit.log").read_text()


def unit(platform: Demo, name: str) -> dict[str, Any]:
    return platform.statuses().get(name, {})


def test_a_row_comes_changes_and_goes_while_the_others_run_on(platform: Demo) -> None:
    table = platform.root / "dev/services.yaml"
    before, pids = (
        table.read_text(),
        {n: u["pid"] for n, u in platform.statuses().items() if n != "db-migrate"},
    )
    port, debug_port, other_port = free_port(), free_port(), free_port()
    table.write_text(before + _ROW.format(port=port, debug_port=debug_port))
    until(lambda: unit(platform, "third").get("state") == "ready", 120, "the new row")
    assert "dev/services.yaml changed: started third" in said(platform)

    table.write_text(before + _ROW.format(port=other_port, debug_port=debug_port))
    until(lambda: unit(platform, "third").get("port") == other_port, 120, "its new port")
    until(lambda: unit(platform, "third")["state"] == "ready", 120, "ready on its new port")
    assert is_free(port)

    table.write_text(before)
    until(lambda: not unit(platform, "third"), 120, "its end")
    until(lambda: is_free(other_port) and is_free(debug_port), 120, "its ports closed")
    assert {n: u["pid"] for n, u in platform.statuses().items() if n != "db-migrate"} == pids


def test_a_row_whose_port_is_taken_is_told_and_tried_at_the_next_save(platform: Demo) -> None:
    table = platform.root / "dev/services.yaml"
    before, debug_port = table.read_text(), free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        row = _ROW.format(port=taken.getsockname()[1], debug_port=debug_port)
        table.write_text(before + row)
        until(
            lambda: f"port {taken.getsockname()[1]} (third) is taken by" in said(platform), 120, "the reason"
        )
        assert "third" not in platform.statuses()
    table.write_text(before + row + "\n")
    until(lambda: unit(platform, "third").get("state") == "ready", 120, "the new row")
    table.write_text(before)
    until(lambda: not unit(platform, "third"), 120, "its end")


def test_saves_of_a_new_row_are_noticed(platform: Demo) -> None:
    table = platform.root / "dev/services.yaml"
    before = table.read_text()
    source = platform.root / "apps/fourth/src/fourth/main.py"
    source.parent.mkdir(parents=True)
    source.write_text(platform.source("other").read_text())
    port = free_port()
    row = _ROW.format(port=port, debug_port=free_port()).replace("third", "fourth")
    table.write_text(before + row.replace("apps/other", "apps/fourth").replace("other.main", "fourth.main"))
    until(lambda: unit(platform, "fourth").get("state") == "ready", 120, "the new row")
    source.write_text(source.read_text().replace('"version": 1', '"version": 2'))

    def version() -> object:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            raw = b"".join(iter(lambda: connection.recv(65536), b""))
        return json.loads(raw.partition(b"\r\n\r\n")[2])["version"] == 2

    until(version, 120, "the new code")
    table.write_text(before)
    until(lambda: not unit(platform, "fourth"), 120, "its end")


def test_a_row_says_how_it_is_restarted(platform: Demo) -> None:
    table = platform.root / "dev/services.yaml"
    before = table.read_text()
    row = _ROW.format(port=free_port(), debug_port=free_port()).replace("other.main:app", "other.nothing:app")
    table.write_text(before + row + "    restart: {backoff: 0.3, most: 0.4}\n")
    until(lambda: "next try in 0.4 s" in unit(platform, "third").get("detail", ""), what="the longest pause")
    table.write_text(before)
    until(lambda: not unit(platform, "third"), what="its end")
