"""Captures: one is never written over another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from devkit.webhooks.capture import Capture, captures, keep, read_capture


def test_those_of_one_second_have_ids_of_their_own(tmp_path: Path) -> None:
    """Two listeners count on their own."""

    def one(number: int) -> Capture:
        body = b"%d" % number
        return keep(tmp_path, Capture("20261124-120000-001", datetime.now(UTC), "POST", "/", (), body))

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(one, range(40)))
    assert len(captures(tmp_path)) == len({each.id for each in kept}) == 40
    for each in kept:
        assert read_capture(tmp_path, each.id).body == each.body
