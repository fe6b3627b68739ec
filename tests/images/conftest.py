"""Tests here build and run images; they are skipped by name where that cannot be done."""

from __future__ import annotations

import pytest

from tests.support.images import needs_images


@pytest.fixture(scope="package", autouse=True)
def _images() -> None:
    needs_images()
