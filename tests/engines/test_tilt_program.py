"""What devkit reads from Tilt, here from a program that answers as Tilt does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from devkit.base.errors import DevkitError
from devkit.base.paths import table_file
from devkit.engines.protocol import UpRequest
from devkit.engines.tilt import program, session
from devkit.engines.tilt.add import add
from devkit.engines.tilt.engine import TiltEngine
from devkit.engines.tilt.program import resources
from devkit.model import Table
from devkit.table.load import read_table

from tests.support.platform import ROOT


class Tilt:
    """A `tilt` on PATH that answers `get` with these resources and arguments, and notes what else it is told."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str, **enabled: bool
    ) -> None:
        self._told = folder / "told"
        items = [
            {
                "metadata": {"name": name},
                "status": {"order": order, "disableStatus": {"state": "Enabled" if on else "Disabled"}},
            }
            for order, (name, on) in enumerate(enabled.items())
        ]
        (folder / "uiresource").write_text(json.dumps({"items": items}))
        (folder / "tiltfile").write_text(json.dumps({"spec": {"args": arguments}}))
        tilt = folder / "tilt"
        tilt.write_text(
            f'#!/bin/sh\nif [ "$1" = get ]; then cat "{folder}/$2"; else echo "$@" >> "{self._told}"; fi\n'
        )
        tilt.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")

    def told(self) -> list[str]:
        """The commands, without the port."""
        lines = self._told.read_text().splitlines() if self._told.exists() else []
        return [line.replace(f"--port {program.page_port()} ", "") for line in lines]


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


@pytest.fixture
def table() -> Table:
    return read_table(table_file(ROOT))


def test_a_service_is_added_to_those_that_tilt_was_asked_for(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tilt = Tilt(tmp_path, monkeypatch, "gateway", "--port_offset=100", gateway=True, redis=True)
    assert add(table, UpRequest(services=("web", "redis")))
    assert tilt.told() == ["args -- gateway web --port_offset=100"]


def test_what_runs_already_is_said_and_nothing_is_asked_of_tilt(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tilt = Tilt(tmp_path, monkeypatch, "gateway", "--port_offset=100", gateway=True, redis=True)
    assert not add(table, UpRequest(services=("gateway",), port_offset=100))
    assert not add(table, UpRequest())
    assert not add(table, UpRequest(services=("infra",))), "redis is of that group"
    assert tilt.told() == []
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" already")[0] for line in said] == [
        "devkit: gateway runs",
        "devkit: everything runs",
        "devkit: infra runs",
    ]


def test_a_service_that_was_disabled_is_enabled(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tilt = Tilt(tmp_path, monkeypatch, gateway=False, redis=True)
    assert add(table, UpRequest(services=("gateway", "redis")))
    assert tilt.told() == ["enable gateway"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (UpRequest(services=("kubeview",)), "kubeview is not among what Tilt was asked to run"),
        (UpRequest(port_offset=200), "--port-offset counts at its start"),
        (UpRequest(seed=True), "--seed counts at its start"),
    ],
)
def test_what_counts_at_the_start_alone(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: UpRequest, said: str
) -> None:
    tilt = Tilt(tmp_path, monkeypatch, gateway=True)
    with pytest.raises(DevkitError, match=said) as refused:
        add(table, wanted)
    assert refused.value.fix
    assert tilt.told() == []


def test_what_tilt_refuses_is_passed_on(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tilt(tmp_path, monkeypatch, "gateway", gateway=True)
    program_file = tmp_path / "tilt"
    program_file.write_text(
        program_file.read_text().replace('echo "$@"', 'echo "no such thing" >&2; exit 1; echo "$@"')
    )
    with pytest.raises(DevkitError, match="tilt args failed: no such thing"):
        add(table, UpRequest(services=("web",)))


def test_the_view_is_tilts_own_page() -> None:
    with pytest.raises(DevkitError, match="Tilt does not run") as refused:
        TiltEngine(Path(ROOT)).view(owned=False)
    assert refused.value.fix == "./devkit up"
