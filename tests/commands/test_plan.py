"""`devkit plan`: JSON on standard output, and nothing else anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from devkit.cli import main

SHOP = Path(__file__).resolve().parents[1] / "golden" / "shop" / "dev" / "services.yaml"


def test_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "migrations").mkdir()
    (tmp_path / "dev" / "services.yaml").write_bytes(SHOP.read_bytes())
    monkeypatch.setenv("DEVKIT_ROOT", str(tmp_path))
    assert main(["generate"]) == 0
    capsys.readouterr()
    before = sorted(tmp_path.rglob("*"))
    assert main(["plan"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert json.loads(captured.out)["version"] == 1
    assert main(["plan"]) == 0
    assert capsys.readouterr().out == captured.out
    assert sorted(tmp_path.rglob("*")) == before
