"""A small running platform whose services say who they are and since when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.demo import Demo, demo
from tests.verify.scene import add_health


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("clone")) as made:
        add_health(made)
        made.up()
        yield made
