"""A proxy that can be told to be slow, to hang, and to refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import tests.apps.conftest  # noqa: F401 - it makes the services importable
from tests.support.fault_proxy import FaultProxy, fault_proxy


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with fault_proxy() as running:
        yield running
