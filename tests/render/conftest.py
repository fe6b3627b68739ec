"""The repository's own table, and the small one of tests/golden."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.model import Table
from devkit.table.load import read_table

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "shop"


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def golden() -> Path:
    return GOLDEN


@pytest.fixture(scope="session")
def table() -> Table:
    """dev/services.yaml."""
    return read_table(ROOT / "dev" / "services.yaml")


@pytest.fixture(scope="session")
def shop() -> Table:
    """tests/golden/shop/dev/services.yaml."""
    return read_table(GOLDEN / "dev" / "services.yaml")


@pytest.fixture(params=["table", "shop"])
def any_table(request: pytest.FixtureRequest) -> Table:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Table)
    return found
