"""What devkit reads from Tilt, here from a program that answers as Tilt does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from devkit.engines.tilt import program, session
from devkit.engines.tilt.program import resources


def answering(folder: Path, monkeypatch: pytest.MonkeyPatch, *items: dict[str, Any]) -> None:
    """A `tilt` on PATH that answers every `get` with these."""
    (folder / "answer.json").write_text(json.dumps({"items": items}))
    tilt = folder / "tilt"
    tilt.write_text(f'#!/bin/sh\ncat "{folder}/answer.json"\n')
    tilt.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_ports_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Tilt writes a port forward: `UIResourceLink` in its pkg/apis/core/v1alpha1/uiresource_types.go."""
    links = [
        {"url": "http://127.0.0.1:3100/", "name": "http"},
        {"url": "http://127.0.0.1:9329/", "name": "debug"},
        {"url": "https://example.test/docs"},
    ]
    answering(
        tmp_path, monkeypatch,
        {"metadata": {"name": "gateway"}, "status": {"endpointLinks": links, "order": 1}},
        {"metadata": {"name": "db-migrate"}, "status": {"order": 2}},
    )  # fmt: skip
    found = {one.name: one.forwards for one in resources()}
    assert found == {"gateway": {"http": 3100, "debug": 9329}, "db-migrate": {}}


def test_an_offset_that_is_asked_for_goes_to_tilt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "tilt", lambda: "tilt")
    monkeypatch.setattr(session, "page_port", lambda: program.page_port({}))
    start = ["tilt", "up", "--port", "10350"]
    assert session.arguments((), None) == start
    assert session.arguments((), 0) == [*start, "--", "--port_offset=0"]
    assert session.arguments(["gateway"], 100) == [*start, "--", "gateway", "--port_offset=100"]
