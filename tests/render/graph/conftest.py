"""Graphs of the shipped table, of fifty services, and of any shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from devkit.model import Table
from devkit.render.graph.content import graph_of
from devkit.render.graph.model import Graph
from devkit.table.load import read_table

from tests.support.many_services import fifty_services
from tests.support.platform import ROOT


@pytest.fixture(scope="session")
def table() -> Table:
    """dev/services.yaml."""
    return read_table(ROOT / "dev/services.yaml")


@pytest.fixture(scope="session")
def shop() -> Table:
    """tests/golden/shop/dev/services.yaml."""
    return read_table(ROOT / "tests/golden/shop/dev/services.yaml")


@pytest.fixture(scope="session")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Fifty services in five tiers."""
    folder: Path = tmp_path_factory.mktemp("fifty")
    (folder / "dev").mkdir()
    (folder / "migrations").mkdir()
    file = folder / "dev/services.yaml"
    file.write_text(fifty_services())
    table = read_table(file)
    assert len(table.services) == 50
    return graph_of(table)
