"""A clone that holds nothing but a small table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.platform import ROOT

_SHOP = Path(ROOT) / "tests/golden/shop/dev/services.yaml"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its root, which is also the current folder."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "migrations").mkdir()
    (tmp_path / "dev" / "services.yaml").write_bytes(_SHOP.read_bytes())
    monkeypatch.setenv("DEVKIT_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path
