"""A clone with nothing in it but a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from devkit.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def repository() -> Path:
    return REPOSITORY


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty clone that devkit takes for its own, and the current folder."""
    (tmp_path / "dev").mkdir()
    monkeypatch.setenv("DEVKIT_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refusal(clone: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[bytes], str]:
    """What `devkit generate` answers to a table that it must refuse."""

    def refuse(table: bytes) -> str:
        (clone / "dev" / "services.yaml").write_bytes(table)
        before = sorted(clone.rglob("*"))
        code = main(["generate"])
        captured = capsys.readouterr()
        assert code == 2, captured
        assert captured.out == ""
        assert sorted(clone.rglob("*")) == before, "a refused table must leave no file behind"
        assert "Traceback" not in captured.err
        return captured.err

    return refuse
