"""A clone that holds nothing but a small table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Demo, demo
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


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A platform of which one service runs, `other`."""
    with demo(tmp_path_factory.mktemp("running")) as made:
        made.up("other")
        yield made


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Demo]:
    """A platform that was never started."""
    with demo(tmp_path) as made:
        yield made
