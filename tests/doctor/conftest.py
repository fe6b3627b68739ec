"""The machines that doctor's tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.machine import Workplace, make_workplace


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """A machine with a small clone on the engine tilt, an empty home and an empty PATH."""
    return make_workplace(tmp_path)
