"""Comparing with files that hold what is expected; `pytest --update-golden` rewrites them."""

from __future__ import annotations

from pathlib import Path

import pytest


def check_golden(expected: Path, actual: bytes, config: pytest.Config) -> None:
    """Assert that `actual` is what `expected` holds, or write it there when asked to."""
    if config.getoption("update_golden", default=False):
        expected.parent.mkdir(parents=True, exist_ok=True)
        expected.write_bytes(actual)
        return
    known = expected.read_bytes() if expected.exists() else b""
    assert actual.decode() == known.decode(), f"differs from {expected}; --update-golden rewrites it"
